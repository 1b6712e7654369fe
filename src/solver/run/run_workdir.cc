// SPDX-License-Identifier: Apache-2.0
//
// WORKDIR: creates the directory, owned by the current USER if it is new (W02). The owner follows
// the rules of --chown in the parent's root, so a view of it is needed before the snapshot is
// prepared.
#include "base/error.h"
#include "base/sys/ids.h"
#include "base/text.h"
#include "sandbox/user.h"
#include "solver/job.h"

namespace cairn::solver {
namespace {

// An empty root has no /etc/passwd to look a name up in (BuildKit: "invalid missing user mount").
// In a root with files, an unknown name means root.
void refuse_names_in_empty_root(const Job& job, const plan::WorkdirOp& op) {
  if (!job.parent().snapshot.is_empty_root() || op.user.empty()) return;
  for (const std::string& part : split(op.user, ':')) {
    if (part.empty() || parse_uint(part)) continue;
    throw dockerfile_error(
        "{} is to belong to {}, and an empty root has no /etc/passwd to find {} in", op.path,
        op.user, part)
        .with_hint("say WORKDIR before USER, use numbers, or COPY a passwd file first");
  }
}

}  // namespace

std::optional<StepResult> lookup_workdir(const Job& job, const plan::WorkdirOp& op) {
  refuse_names_in_empty_root(job, op);
  return find_cached(job, cache::workdir_key(op, job.parent().key));
}

StepResult run_workdir(RunJob& job, const plan::WorkdirOp& op, progress::VertexScope& scope) {
  refuse_names_in_empty_root(job, op);
  // The rules are those of --chown, not of RUN: uid 7 alone means 7:7, and an unknown name is root
  // until a RUN uses it.
  Owner user;
  if (!op.user.empty()) {
    user = sandbox::resolve_chown(job.services.snapshotter.view(job.parent().snapshot)->root(),
                                  op.user, sandbox::UnknownNames::kAreRoot);
  }
  std::unique_ptr<ActiveSnapshot> active = job.services.snapshotter.prepare(job.parent().snapshot);
  if (!sys::has_ids(user)) {
    if (!job.services.store.snapshots().allows_lost_owners()) {
      throw sys::unmapped_id(op.path, user);
    }
    scope.warn(
        fmt::format("{} is root's: there are no ids here for {} (--ignore-owners)", op.path, user));
    user = {};
    active->mark_lost_owners();
  }
  std::vector<sys::Fd> made;
  active->root().make_dirs(op.path, 0755, [&](const sys::Fd& dir) {
    sys::chown_at(dir, "", user);
    if (op.epoch) made.push_back(sys::duplicate(dir));
  });
  // Last, since creating a directory changes the mtime of its parent.
  for (const sys::Fd& dir : made) sys::set_mtime(dir, *op.epoch);
  return commit(job, *active, cache::workdir_key(op, job.parent().key));
}

}  // namespace cairn::solver
