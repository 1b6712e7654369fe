// SPDX-License-Identifier: Apache-2.0
//
// Fetches contexts that are not a directory of this host. Repositories and remote files are
// vertices of small plans of their own, so they are cached, shown and cancelled like all others.
#pragma once

#include "cli/session.h"
#include "solver/solver.h"
#include "source/build_context.h"

namespace cairn::cli {

class SessionFetcher final : public source::ContextFetcher, public plan::SourceTimes {
 public:
  // Borrows both; `services` is for the solver.
  SessionFetcher(Session& session, const solver::SolverServices& services)
      : session_(session), services_(services) {}

  Fetched fetch(const plan::GitOp& op) override;
  Fetched fetch(const plan::HttpOp& op) override;
  std::optional<Fetched> unpack(const sys::Fd& file) override;
  Fetched empty() override;
  oci::Reference add_layout(const std::string& name, const plan::LayoutContext& layout) override;
  sys::Fd spool(const sys::Fd& stream) override;
  std::stop_token stop() const override { return session_.stop(); }
  std::optional<Timestamp> time_of(const plan::RemoteSource& source) override;

 private:
  // Returns the tree of the plan's last vertex.
  source::LocalContext solve(const plan::Plan& plan);

  Session& session_;
  const solver::SolverServices& services_;
};

}  // namespace cairn::cli
