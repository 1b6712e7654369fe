// SPDX-License-Identifier: Apache-2.0
//
// RUN --mount: turns the mounts of the plan into mount points of a sandbox, and contributes their
// part of the step's key. One file per type: mount_bind.cc, mount_cache.cc ...
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

enum class MountAccess { kReadOnly, kWritable };

inline MountAccess access_of(const plan::RunMount& mount) {
  return mount.read_only ? MountAccess::kReadOnly : MountAccess::kWritable;
}

// The mounts of a step, and the objects that must live until it has ended.
struct StepMounts {
  std::vector<exec::StepMount> list;
  std::vector<std::shared_ptr<void>> alive;   // views, locks, temporary trees, agents
  std::map<std::string, std::string> caches;  // cache directories, by the name of the cache

  void add(std::string target, sys::Fd fd, sandbox::MountKind kind, MountAccess access);
};

// Adds the mounts of the line to `out`. `root` is the root of the step. Waits for locked cache
// mounts. Throws kDockerfile if a source does not exist, kUsage if a required secret or agent is
// missing.
void open_run_mounts(RunJob& job, const plan::RunOp& op, const sys::RootDir& root, StepMounts& out);

// The secrets of the step that are variables, as "K=V".
std::vector<std::string> secret_variables(const Job& job, const plan::RunOp& op);

// The mounts' part of the step's key: the definition of each mounted tree, or its content. The
// client's files have content only. A key of definitions depends on the snapshots of
// mount_sources().
bool mounts_client_files(const Job& job, const plan::RunOp& op);
std::vector<std::string> mount_definitions(const Job& job, const plan::RunOp& op);
cache::SourceSnapshots mount_sources(const Job& job, const plan::RunOp& op);
std::vector<std::string> mount_contents(const Job& job, const plan::RunOp& op);

}  // namespace cairn::solver
