// SPDX-License-Identifier: Apache-2.0
//
// WORKDIR: the directory exists afterwards, owned by the current USER where it is new (W02).
#include "base/error.h"
#include "sandbox/user.h"
#include "solver/job.h"

namespace cairn::solver {

StepResult run_workdir(Job& job, const plan::WorkdirOp& op, progress::VertexScope&) {
  // By the rules of --chown, not by those of RUN: uid 7 alone is 7:7, and a name that nobody has is
  // root until a RUN asks for it.
  sandbox::Owner user;
  if (!op.user.empty()) {
    user = sandbox::resolve_chown(View(job.shop.store, job.parent().snapshot).root(), op.user,
                                  sandbox::UnknownNames::kAreRoot);
  }
  cache::CacheKey key =
      cache::workdir_key(op, job.parent().key, fmt::format("{}:{}", user.uid, user.gid));
  if (auto hit = find_cached(job, key)) return *hit;
  Workspace workspace(job.shop.store, job.parent().snapshot);
  workspace.root().make_dirs(
      op.path, 0755, [&](const sys::Fd& made) { sys::chown_at(made, "", user.uid, user.gid); });
  return commit(job, workspace, key);
}

}  // namespace cairn::solver
