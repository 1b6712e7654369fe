// SPDX-License-Identifier: Apache-2.0
//
// Walks the step's files again after the step has failed. So the code that reads files need not
// know what the user calls them, and a step that succeeds pays nothing.
#include "solver/unreadable.h"

#include <fcntl.h>

#include <algorithm>

#include "base/attempt.h"
#include "base/text.h"
#include "plan/plan.h"
#include "progress/vertex_scope.h"
#include "solver/copy/copy_selection.h"
#include "solver/run/mount_types.h"

namespace cairn::solver {
namespace {

using Verdict = PathFilter::Verdict;

// Whether `act` fails with EACCES.
template <typename Act>
bool is_refused(Act act) {
  return !unless_errno(EACCES, act);
}

// The part of a pattern before its first wildcard component; a plain path is returned as it is.
std::string without_wildcards(const std::string& pattern) {
  std::vector<std::string> parts = split(rooted_path(pattern).substr(1), '/');
  parts.erase(std::ranges::find_if(parts, has_wildcard), parts.end());
  return "/" + join(parts, "/");
}

class Search {
 public:
  explicit Search(const SourceTree& tree) : tree_(tree) {}

  std::optional<std::string> run(const std::string& path) {
    // Down to `path` one component at a time: a directory without x hides everything below it.
    std::string dir = "/";
    for (const std::string& part : split(rooted_path(path).substr(1), '/')) {
      if (part.empty()) break;
      std::string next = path_in(dir, part);
      if (is_refused([&] { tree_.root.find_in(next, O_PATH); })) return dir;
      dir = std::move(next);
    }
    return tree_.root.find_in(dir, O_PATH) ? at_or_below(dir) : std::nullopt;
  }

 private:
  std::optional<std::string> at_or_below(const std::string& path) {
    sys::Fd found = tree_.root.open_in(path, O_PATH);
    mode_t mode = sys::stat_of(found).st_mode;
    if (!S_ISDIR(mode) && !S_ISREG(mode)) return std::nullopt;
    std::vector<sys::DirEntry> entries;
    bool refused = is_refused([&] {
      // O_PATH needs no permission on the file itself, so only a real open tells.
      sys::Fd opened = sys::reopen(found, O_RDONLY | O_NONBLOCK);
      if (S_ISDIR(mode)) entries = sys::list_dir(opened);
    });
    if (refused) return path;
    std::ranges::sort(entries, {}, &sys::DirEntry::name);
    for (const sys::DirEntry& entry : entries) {
      if (auto below = in_directory(path, found, entry.name)) return below;
    }
    return std::nullopt;
  }

  // Symlinks are copied as symlinks, so their targets do not matter.
  std::optional<std::string> in_directory(const std::string& dir, const sys::Fd& fd,
                                          const std::string& name) {
    std::string path = path_in(dir, name);
    std::optional<struct stat> st;
    if (is_refused([&] { st = sys::find_stat_at(fd, name.c_str()); })) return dir;
    if (!st || (!S_ISDIR(st->st_mode) && !S_ISREG(st->st_mode))) return std::nullopt;
    auto verdict = Verdict::kIncluded;
    if (tree_.filter != nullptr) {
      verdict = tree_.filter->judge(path.substr(1), S_ISDIR(st->st_mode));
    }
    if (verdict == Verdict::kExcluded) return std::nullopt;
    std::optional<std::string> found = at_or_below(path);
    // An excluded directory with included files below may itself be unreadable.
    if (found == path && verdict == Verdict::kPartly) return std::nullopt;
    return found;
  }

  const SourceTree& tree_;
};

// Finds an unreadable file among the paths that the op reads from the client.
struct Finder {
  Job& job;

  std::optional<Error> find(const source::LocalContext* context, const PathFilter* filter,
                            const std::string& path) const {
    if (context == nullptr || context->shown.empty()) return std::nullopt;
    std::optional<std::string> closed = find_unreadable({context->root, filter}, path);
    if (!closed) return std::nullopt;
    Error error = source::unreadable(context->shown, *closed);
    if (*closed == "/") return error;
    error.set_hint(fmt::format("{}, or leave it out with a line \"{}\" in .dockerignore",
                               error.hint(), closed->substr(1)));
    return error;
  }

  std::optional<Error> operator()(const plan::CopyOp& op) const {
    for (const plan::CopySource& source : op.sources) {
      if (auto found = find_in_source(op, source)) return found;
    }
    return std::nullopt;
  }
  std::optional<Error> operator()(const plan::RunOp& op) const {
    for (const plan::RunMount& mount : op.mounts) {
      const auto* bind = std::get_if<plan::BindMount>(&mount.what);
      if (bind == nullptr) continue;
      const source::LocalContext* context = local_context(job, bind->from);
      if (context == nullptr) continue;
      if (auto found = find(context, context->filter.get(), bind->source)) return found;
    }
    return std::nullopt;
  }
  template <typename Op>
  std::optional<Error> operator()(const Op&) const {
    return std::nullopt;
  }

  std::optional<Error> find_in_source(const plan::CopyOp& op,
                                      const plan::CopySource& source) const {
    const source::LocalContext* context = local_context(job, source.from);
    if (context == nullptr) return std::nullopt;
    // One source at a time, so that a wildcard that cannot be listed spoils only its own source.
    plan::CopyOp alone = op;
    alone.sources = {source};
    std::optional<Error> found;
    bool has_no_names = is_refused([&] {
      progress::NullSink unseen;
      progress::VertexScope scope(unseen, job.vertex().name);
      CopySelection selection(job, alone, scope);
      for (const SelectedSource& one : selection.sources()) {
        if (!found) found = find(context, one.filter.get(), one.path);
      }
    });
    // A directory that the wildcard has to list is closed: search from where the pattern starts.
    if (!has_no_names) return found;
    return find(context, context->filter.get(), without_wildcards(source.path));
  }
};

}  // namespace

std::optional<std::string> find_unreadable(const SourceTree& tree, const std::string& path) {
  return Search(tree).run(path);
}

void explain_unreadable(Job& job, Error& error) {
  if (error.code() != EACCES) return;
  // If the files changed, or something else is wrong too, the first error is shown.
  best_effort([&] {
    std::optional<Error> better = std::visit(Finder{job}, job.vertex().op);
    if (!better) return;
    for (const std::string& line : error.context()) better->add_context(line);
    error = std::move(*better);
  });
}

}  // namespace cairn::solver
