// SPDX-License-Identifier: Apache-2.0
//
// What a step is: the command, who runs it, and what it sees. A value that crosses to the launcher
// and further into the step's own process. What is no value, the descriptors, travels beside it as
// StepFds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "base/sys/fd.h"
#include "base/sys/mount.h"

namespace cairn::sandbox {

enum class NetworkMode {
  kHost,  // the builder's own network
  kNone,  // an empty network namespace with lo up
};

enum class MountKind {
  kTree,   // the descriptor is a detached mount (sys::MountTree) and is attached as it is
  kClone,  // the descriptor is any directory or file; what is mounted below it comes along
  kTmpfs,  // a fresh tmpfs; no descriptor
};

// One more thing mounted in the root, in the order of the list. The target is resolved inside the
// root, symlinks included, and made when missing: a directory, or an empty file for a file.
struct MountPoint {
  std::string target = {};
  MountKind kind = MountKind::kClone;
  std::size_t fd_index = 0;  // into StepFds::mounts
  bool read_only = true;
  std::uint64_t tmpfs_size = 0;  // bytes; 0 leaves it to the kernel (half of the memory)
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
  // "K=V", of settings of one variable the last; HOME is added from passwd when unset.
  std::vector<std::string> env = {};
  std::string cwd = "/";  // made (0755, root's) when missing
  std::string user = {};  // as in USER, resolved inside the root; "" is root
  std::string hostname = "buildkitsandbox";
  NetworkMode network = NetworkMode::kHost;
  std::vector<MountPoint> mounts = {};
  std::vector<Rlimit> rlimits = {};  // only these are set
  std::uint64_t shm_size = 64 << 20;
  // All capabilities of the step's user namespace, no filter, /proc and /sys unmasked and writable
  // as far as the host lets this namespace.
  bool insecure = false;
  bool tty = false;  // stdin is a terminal, which becomes the step's own
  bool read_only_root = false;

  bool operator==(const SandboxSpec&) const = default;
};

// Strings are bytes here (env may hold anything), so on the wire this is CBOR, not JSON text.
Json to_json(const SandboxSpec& spec);
SandboxSpec parse_sandbox_spec(const Json& json);

// Owned, and given away to the step: nothing stays open in the builder once the step has them.
struct StepFds {
  sys::MountTree root;   // usually a detached overlay
  sys::Fd in, out, err;  // an empty one is /dev/null
  std::vector<sys::Fd> mounts;
};

}  // namespace cairn::sandbox
