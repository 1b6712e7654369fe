// SPDX-License-Identifier: Apache-2.0
//
// Runs the command of a step. A StepSpec says what the command is and what it sees; the outcome
// says how it ended. What the host needs for that - namespaces, a network, the files of /etc - is
// the executor's business.
#pragma once

#include <sys/resource.h>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/sys/fd.h"
#include "base/sys/mount.h"
#include "base/sys/process.h"
#include "exec/etc_files.h"
#include "progress/event.h"
#include "sandbox/refused_nodes.h"
#include "sandbox/spec.h"
#include "snapshots/snapshotter.h"

namespace cairn::exec {

// One more mount in the root. A tmpfs has no descriptor.
struct StepMount {
  sandbox::MountPoint point;
  sys::Fd fd = {};
};

enum class StepNetwork {
  kPrivate,     // a network of its own, or the host's if there is none
  kHost,        // the host's
  kNone,        // loopback only
  kHostClosed,  // the host's, without abstract sockets of other processes
};

struct StepSpec {
  // Command, environment, user and limits. The executor fills in network and mounts.
  sandbox::SandboxSpec sandbox = {};
  StepNetwork network = StepNetwork::kPrivate;
  // Whether /etc/hosts and /etc/resolv.conf are our own read-only files, with `extra_hosts` added.
  bool has_etc_files = true;
  ExtraHosts extra_hosts = {};
  std::vector<StepMount> mounts = {};  // in this order, above those files

  // Either a snapshot or any tree. A snapshot hands over its mount and shows what the command did.
  // Mount points that were made for the mounts are removed from it again, unless the command
  // failed.
  std::variant<snapshots::ActiveSnapshot*, sys::MountTree> root;
};

struct StepOutcome {
  sys::ExitStatus status;
  sandbox::RefusedNodes refused_nodes;  // devices that the command tried to make
  std::optional<rusage> usage;
};

// Callbacks while a step runs, on the thread that called run().
struct StepEvents {
  std::function<void(progress::Stream, std::string_view)> output;
  // A note for the user: what this host refused the step, and what that means for it.
  std::function<void(const std::string&)> note;
};

// Thread-safe.
class Executor {
 public:
  virtual ~Executor() = default;
  // Blocks until the command and all its children have ended; a stop request kills them. Throws
  // kStep if the command cannot be executed, and other kinds for a wrong spec or host.
  virtual StepOutcome run(StepSpec spec, const StepEvents& events, std::stop_token stop) = 0;
  // Releases what only further steps would need, without waiting for it.
  virtual void release_idle() {}
};

}  // namespace cairn::exec
