// SPDX-License-Identifier: Apache-2.0
//
// RUN --mount: from what the plan says to mount points of a sandbox, and what of it counts for the
// key.
#pragma once

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
  std::vector<std::shared_ptr<void>> alive;  // views, locks, temporary trees

  void add(std::string target, sys::Fd fd, sandbox::MountKind kind, bool read_only);
};

// Locked cache mounts wait here for their turn.
StepMounts open_run_mounts(Job& job, const plan::RunOp& op);

// The mounts' part of the step's key: the definition of what each bind mount shows, or its content.
std::vector<std::string> mount_definitions(const Job& job, const plan::RunOp& op);
std::vector<std::string> mount_contents(const Job& job, const plan::RunOp& op);

}  // namespace cairn::solver
