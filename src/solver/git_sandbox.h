// SPDX-License-Identifier: Apache-2.0
//
// git, run where a hostile repository can do no harm: in the namespaces of a step, on a root that
// holds the host's programs and certificates, read-only, and two directories to work in. Nothing of
// the user's is there, neither home nor configuration.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/sys/file.h"
#include "progress/vertex_scope.h"
#include "solver/agent_forwarder.h"
#include "solver/job.h"
#include "solver/workspace.h"

namespace cairn::solver {

class GitSandbox {
 public:
  static constexpr const char* kRepository = "/repository";
  static constexpr const char* kCheckout = "/checkout";

  // `checkout` is the root that files are checked out to; borrowed.
  GitSandbox(const Job& job, const plan::GitOp& op, const sys::RootDir& checkout,
             progress::VertexScope& scope);

  // Runs git and gives what it said on stdout. Throws kRegistry with git's last words.
  std::string run(const std::vector<std::string>& arguments);
  // The same; nothing when git fails.
  std::optional<std::string> try_run(const std::vector<std::string>& arguments);

 private:
  struct Outcome {
    int status = 0;
    std::string out;
    std::string err;
  };
  Outcome start(const std::vector<std::string>& arguments);
  std::vector<std::string> environment() const;
  sandbox::StepFds open_world(sandbox::SandboxSpec& spec);

  const Job& job_;
  const plan::GitOp& op_;
  const sys::RootDir& checkout_;
  progress::VertexScope& scope_;
  sys::TempDir dir_;                     // the repository, and files of ours
  std::optional<AgentForwarder> agent_;  // --ssh default, for repositories behind ssh
};

}  // namespace cairn::solver
