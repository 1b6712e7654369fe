// SPDX-License-Identifier: Apache-2.0
//
// The types of RUN --mount, each opened in a file of its own, and what they share.
#pragma once

#include "solver/run_mounts.h"

namespace cairn::solver {

// One mount of a step being opened.
struct MountRequest {
  Job& job;
  const plan::RunMount& mount;
  const sys::RootDir& root;  // of the step
  StepMounts& out;
};

void open_mount(const MountRequest& request, const plan::BindMount& bind);
void open_mount(const MountRequest& request, const plan::CacheMount& cache);
void open_mount(const MountRequest& request, const plan::TmpfsMount& tmpfs);
void open_mount(const MountRequest& request, const plan::SecretMount& secret);
void open_mount(const MountRequest& request, const plan::SshMount& ssh);

// Before any of a step's cache mounts is opened: takes the locks that their sharing modes ask for.
void lock_caches(Job& job, const plan::RunOp& op, StepMounts& out);

// The client's files that a vertex stands for; nothing when it is a root.
const source::LocalContext* local_context(const Job& job, plan::VertexId from);
// Copies what a mount takes from a tree: of a context what its ignore file leaves in, as root's.
void copy_from(const Job& job, plan::VertexId from, const plan::RunMount& mount,
               const std::string& source, const sys::RootDir& to, const std::string& dest);
[[noreturn]] void throw_no_source(const plan::RunMount& mount, const std::string& source);

}  // namespace cairn::solver
