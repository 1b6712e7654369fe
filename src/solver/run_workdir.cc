// SPDX-License-Identifier: Apache-2.0
//
// WORKDIR: the directory exists afterwards, owned by the current USER where it is new (W02).
#include "base/error.h"
#include "sandbox/user.h"
#include "solver/job.h"

namespace cairn::solver {

std::optional<StepResult> recall_workdir(const Job& job, const plan::WorkdirOp& op) {
  return find_cached(job, cache::workdir_key(op, job.parent().key));
}

StepResult run_workdir(Job& job, const plan::WorkdirOp& op, progress::VertexScope&) {
  // By the rules of --chown, not by those of RUN: uid 7 alone is 7:7, and a name that nobody has is
  // root until a RUN asks for it.
  sandbox::Owner user;
  if (!op.user.empty()) {
    user = sandbox::resolve_chown(View(job.shop.store, job.parent().snapshot).root(), op.user,
                                  sandbox::UnknownNames::kAreRoot);
  }
  Workspace workspace(job.shop.store, job.parent().snapshot);
  std::vector<sys::Fd> made;
  workspace.root().make_dirs(op.path, 0755, [&](const sys::Fd& dir) {
    sys::chown_at(dir, "", user.uid, user.gid);
    if (op.epoch) made.push_back(sys::duplicate(dir));
  });
  // Last of all, as each directory changes the time of the one around it.
  for (const sys::Fd& dir : made) sys::set_mtime(dir, {.tv_sec = *op.epoch, .tv_nsec = 0});
  return commit(job, workspace, cache::workdir_key(op, job.parent().key));
}

}  // namespace cairn::solver
