// SPDX-License-Identifier: Apache-2.0
//
// Only mounts with a tree (bind, and cache with from=) take part in the key; secrets, agents and
// the content of caches never do, as in BuildKit. Sources are resolved beneath their root, and a
// missing one is an error at the mount's place in the line.
#include "solver/run/run_mounts.h"

#include <fcntl.h>

#include "base/error.h"
#include "cache/content_digest.h"
#include "overlay/copy.h"
#include "solver/copy/context_index.h"
#include "solver/copy/copy_sources.h"
#include "solver/run/mount_types.h"

namespace cairn::solver {
namespace {

// The path in its tree that a mount shows. Only called for mounts that have a tree.
const std::string& source_of(const plan::RunMount& mount) {
  if (const auto* bind = std::get_if<plan::BindMount>(&mount.what)) return bind->source;
  return std::get<plan::CacheMount>(mount.what).source;
}

Digest content_of(const Job& job, plan::VertexId from, const plan::RunMount& mount) {
  const std::string& source = source_of(mount);
  if (const source::LocalContext* context = local_context(job, from)) {
    if (!is_selectable({context->root, context->filter.get()}, source)) {
      throw_no_source(mount, source);
    }
    // One thread: this may run before the builder enters its user namespace, which needs a process
    // with a single thread (user_namespaces(7)).
    cache::ContentOptions options{
        .filter = context->filter.get(), .ignore_owner = true, .stop = job.stop, .threads = 1};
    return context_content(job.services.store, *context, source, options).digest;
  }
  auto view = job.services.snapshotter.view(job.results[from].snapshot);
  if (!view->root().find_in(source, O_PATH)) throw_no_source(mount, source);
  return cache::content_digest(view->root(), source,
                               {.filter = nullptr, .ignore_owner = false, .stop = job.stop});
}

}  // namespace

const source::LocalContext* local_context(const Job& job, plan::VertexId from) {
  const auto* local = std::get_if<plan::LocalOp>(&job.plan.vertices[from].op);
  return local == nullptr ? nullptr : &job.services.contexts.at(local->name);
}

void throw_no_source(const plan::RunMount& mount, const std::string& source) {
  throw dockerfile_error("--mount target={}: source \"{}\" not found", mount.target, source)
      .at(mount.span);
}

void copy_from(const Job& job, plan::VertexId from, const plan::RunMount& mount,
               const std::string& source, const sys::RootDir& to, const std::string& dest) {
  if (const source::LocalContext* context = local_context(job, from)) {
    if (!is_selectable({context->root, context->filter.get()}, source)) {
      throw_no_source(mount, source);
    }
    overlay::CopyOptions options{
        .owner = Owner{}, .mode = {}, .filter = context->filter.get(), .stop = job.stop};
    overlay::TreeCopier(context->root, to, options).copy(source, dest);
    return;
  }
  auto view = job.services.snapshotter.view(job.results[from].snapshot);
  if (!view->root().find_in(source, O_PATH)) throw_no_source(mount, source);
  overlay::CopyOptions options{.owner = {}, .mode = {}, .filter = nullptr, .stop = job.stop};
  overlay::TreeCopier(view->root(), to, options).copy(source, dest);
}

void StepMounts::add(std::string target, sys::Fd fd, sandbox::MountKind kind, MountAccess access) {
  list.push_back({.point = {.target = std::move(target),
                            .kind = kind,
                            .read_only = access == MountAccess::kReadOnly},
                  .fd = std::move(fd)});
}

void open_run_mounts(RunJob& job, const plan::RunOp& op, const sys::RootDir& root,
                     StepMounts& out) {
  // All locks first: a step that waits for one has nothing mounted yet.
  lock_caches(job, op, out);
  for (const plan::RunMount& mount : op.mounts) {
    ErrorContext while_here([&] { return "mounting " + mount.target; });
    MountRequest request{.job = job, .mount = mount, .root = root, .out = out};
    std::visit([&](const auto& what) { open_mount(request, what); }, mount.what);
  }
}

bool mounts_client_files(const Job& job, const plan::RunOp& op) {
  return std::ranges::any_of(op.mounts, [&](const plan::RunMount& mount) {
    std::optional<plan::VertexId> from = plan::tree_of(mount);
    return from && local_context(job, *from) != nullptr;
  });
}

std::vector<std::string> mount_definitions(const Job& job, const plan::RunOp& op) {
  if (mounts_client_files(job, op)) return mount_contents(job, op);
  std::vector<std::string> out;
  for (const plan::RunMount& mount : op.mounts) {
    std::optional<plan::VertexId> from = plan::tree_of(mount);
    if (from) out.push_back("from " + job.results[*from].key.str());
  }
  return out;
}

cache::SourceSnapshots mount_sources(const Job& job, const plan::RunOp& op) {
  cache::SourceSnapshots out;
  if (mounts_client_files(job, op)) return out;
  for (const plan::RunMount& mount : op.mounts) {
    if (auto from = plan::tree_of(mount)) out.push_back(job.results[*from].snapshot);
  }
  return out;
}

std::vector<std::string> mount_contents(const Job& job, const plan::RunOp& op) {
  std::vector<std::string> out;
  for (const plan::RunMount& mount : op.mounts) {
    std::optional<plan::VertexId> from = plan::tree_of(mount);
    if (from) out.push_back(content_of(job, *from, mount).str());
  }
  return out;
}

}  // namespace cairn::solver
