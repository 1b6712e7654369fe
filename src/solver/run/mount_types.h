// SPDX-License-Identifier: Apache-2.0
//
// The types of RUN --mount, each opened in a file of its own, and what they share.
#pragma once

#include "solver/run/run_mounts.h"

namespace cairn::solver {

// One mount of a step being opened.
struct MountRequest {
  RunJob& job;
  const plan::RunMount& mount;
  const sys::RootDir& root;  // of the step
  StepMounts& out;
};

void open_mount(const MountRequest& request, const plan::BindMount& bind);
void open_mount(const MountRequest& request, const plan::CacheMount& cache);
void open_mount(const MountRequest& request, const plan::TmpfsMount& tmpfs);
void open_mount(const MountRequest& request, const plan::SecretMount& secret);
void open_mount(const MountRequest& request, const plan::SshMount& ssh);

// Takes the locks of all cache mounts of the step. Call it before any of them is opened.
void lock_caches(Job& job, const plan::RunOp& op, StepMounts& out);

// The local context of a vertex, borrowed; null if the vertex is a root.
const source::LocalContext* local_context(const Job& job, plan::VertexId from);
// Copies the source of a mount. From a local context, it applies the ignore file and makes root the
// owner. Throws kDockerfile if the source does not exist.
void copy_from(const Job& job, plan::VertexId from, const plan::RunMount& mount,
               const std::string& source, const sys::RootDir& to, const std::string& dest);
[[noreturn]] void throw_no_source(const plan::RunMount& mount, const std::string& source);

}  // namespace cairn::solver
