// SPDX-License-Identifier: Apache-2.0
//
// What a step is: the command, its user, and what it sees. A value that is sent to the launcher and
// on to the step's process. Descriptors are not values; they travel beside it as StepFds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/sys/fd.h"
#include "base/sys/mount.h"

namespace cairn::sandbox {

enum class NetworkMode {
  kHost,        // the builder's own network
  kNone,        // an empty network namespace with lo up
  kHostClosed,  // the builder's, without abstract sockets of others (if the kernel can)
  kSlot,        // an existing network namespace: StepFds::network
  kOwn,         // a new one owned by the step, connected by the guardian behind StepFds::network
};

enum class MountKind {
  kTree,   // the descriptor is a detached mount (sys::MountTree), attached as it is
  kClone,  // the descriptor is any directory or file; everything mounted below it comes along
  kTmpfs,  // a new tmpfs; no descriptor
};

// One more mount in the root, in the order of the list. The target is resolved inside the root,
// symlinks included. If it is missing it is made: a directory, or an empty file for a file.
struct MountPoint {
  std::string target = {};
  MountKind kind = MountKind::kClone;
  std::size_t fd_index = 0;  // into StepFds::mounts
  bool read_only = true;
  std::uint64_t tmpfs_size = 0;  // bytes; 0 is the kernel's default (half of the memory)
  std::uint32_t tmpfs_mode = 01777;

  bool operator==(const MountPoint&) const = default;
};

struct Rlimit {
  int resource = 0;  // RLIMIT_NOFILE, ...
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;

  bool operator==(const Rlimit&) const = default;
};

struct SandboxSpec {
  std::vector<std::string> argv = {};
  // "K=V"; the last setting of a variable counts. HOME is taken from passwd if unset.
  std::vector<std::string> env = {};
  std::string cwd = "/";  // made (0755 0:0) if missing
  std::string user = {};  // as in USER, resolved inside the root; "" is root
  std::string hostname = "buildkitsandbox";
  NetworkMode network = NetworkMode::kHost;
  std::vector<MountPoint> mounts = {};
  std::vector<Rlimit> rlimits = {};  // all others stay as they are
  std::uint64_t shm_size = 64 << 20;
  // All capabilities of the step's user namespace, no filter, and /proc and /sys unmasked and
  // writable, as far as the host allows it in this namespace.
  bool insecure = false;
  bool tty = false;  // stdin is a terminal, which becomes the controlling one
  bool read_only_root = false;

  bool operator==(const SandboxSpec&) const = default;
};

// Owned, and handed to the step: once the step has them, none stays open in the builder.
struct StepFds {
  sys::MountTree root;  // usually a detached overlay
  // Pipes or the slave of a terminal, made for this step; its user becomes their owner. Never a
  // file that the user opened. An empty one becomes the step's own /dev/null.
  sys::Fd in, out, err;
  sys::Fd network;  // for kSlot and kOwn: see NetworkLease
  std::vector<sys::Fd> mounts;
};

}  // namespace cairn::sandbox
