// SPDX-License-Identifier: Apache-2.0
//
// Contexts that are no directory of this host, fetched with the parts of a session. Repositories
// and files of the web are vertices of small plans of their own, so they are cached, shown and
// cancelled as all others are.
#pragma once

#include "cli/build_context.h"
#include "cli/session.h"
#include "solver/solver.h"

namespace cairn::cli {

class SessionFetcher final : public ContextFetcher, public plan::SourceTimes {
 public:
  // `shop` has what the solver needs; both are borrowed.
  SessionFetcher(Session& session, const solver::Workshop& shop) : session_(session), shop_(shop) {}

  Fetched fetch(const plan::GitOp& op) override;
  Fetched fetch(const plan::HttpOp& op) override;
  Fetched unpack(const sys::Fd& archive) override;
  Fetched empty() override;
  oci::Reference add_layout(const std::string& name, const plan::LayoutContext& layout) override;
  sys::Fd spool(const sys::Fd& stream) override;
  std::optional<Timestamp> time_of(const plan::RemoteSource& source) override;

 private:
  // The tree of the plan's last vertex.
  source::LocalContext solve(const plan::Plan& plan);

  Session& session_;
  const solver::Workshop& shop_;
};

}  // namespace cairn::cli
