// SPDX-License-Identifier: Apache-2.0
//
// RUN --mount: from what the plan says to mount points of a sandbox, and what of it counts for the
// key. One file for each type: mount_bind.cc, mount_cache.cc ...
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/sys/file.h"
#include "sandbox/spec.h"
#include "solver/job.h"

namespace cairn::solver {

// Mount points with the descriptors they need, and what must live as long as the step.
struct StepMounts {
  std::vector<sandbox::MountPoint> points;
  std::vector<sys::Fd> fds;
  std::vector<std::shared_ptr<void>> alive;   // views, locks, temporary trees, agents
  std::map<std::string, std::string> caches;  // directories of the cache mounts, by their names

  void add(std::string target, sys::Fd fd, sandbox::MountKind kind, bool read_only);
};

// Adds the mounts of the line. `root` is that of the step. Locked cache mounts wait here for their
// turn.
void open_run_mounts(Job& job, const plan::RunOp& op, const sys::RootDir& root, StepMounts& out);

// The secrets that the step sees as variables, "K=V".
std::vector<std::string> secret_variables(const Job& job, const plan::RunOp& op);

// The mounts' part of the step's key: the definition of what each tree shows, or its content.
bool mounts_client_files(const Job& job, const plan::RunOp& op);
std::vector<std::string> mount_definitions(const Job& job, const plan::RunOp& op);
std::vector<std::string> mount_contents(const Job& job, const plan::RunOp& op);

}  // namespace cairn::solver
