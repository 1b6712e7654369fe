// SPDX-License-Identifier: Apache-2.0
//
// Runs steps in the sandbox of this host. Thread-safe.
#pragma once

#include "exec/executor.h"
#include "sandbox/launcher.h"
#include "sandbox/network.h"

namespace cairn::exec {

class SandboxExecutor final : public Executor {
 public:
  // Borrows the launcher and the networks. Without networks, a private network is the host's.
  SandboxExecutor(const sandbox::Launcher& launcher, sandbox::Networks* networks,
                  const std::string& tmp_dir)
      : launcher_(launcher), networks_(networks), etc_(tmp_dir) {}

  StepOutcome run(StepSpec spec, const StepEvents& events, std::stop_token stop) override;
  void release_idle() override;

  // A running command that the caller attends to himself.
  struct Started {
    sandbox::NetworkLease network;
    sandbox::RunningStep step;
  };
  // The command's streams; an empty one becomes /dev/null.
  struct Streams {
    sys::Fd in, out, err;
  };
  using Note = std::function<void(const std::string&)>;
  Started start(StepSpec& spec, Streams streams, const Note& note);

 private:
  struct Prepared {
    sandbox::NetworkLease network;
    sandbox::StepFds fds;
  };
  // Makes missing mount points, and takes the mount of the root.
  Prepared prepare(StepSpec& spec, Streams streams, const Note& note);
  Started launch(const StepSpec& spec, Prepared prepared, const Note& note) const;
  sandbox::NetworkLease lease(const StepSpec& spec) const;

  const sandbox::Launcher& launcher_;
  sandbox::Networks* networks_;
  EtcFiles etc_;
};

}  // namespace cairn::exec
