// SPDX-License-Identifier: Apache-2.0
//
// COPY and ADD of files that are here: from the build context, from another stage or image, or out
// of the Dockerfile itself. The step is known by the content of what it copies; a copy from another
// stage also by its definition, so that an unchanged stage is not even read.
#include <fcntl.h>

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "cache/content_digest.h"
#include "overlay/copy.h"
#include "overlay/unpack.h"
#include "sandbox/user.h"
#include "solver/copy_sources.h"
#include "solver/job.h"

namespace cairn::solver {
namespace {

// Where the sources lie: a local context, or a view of a snapshot.
class Origin {
 public:
  Origin(Job& job, plan::VertexId from) {
    if (const auto* local = std::get_if<plan::LocalOp>(&job.plan.vertices[from].op)) {
      context_ = &job.shop.contexts.at(local->name);
    } else {
      view_.emplace(job.shop.store, job.results[from].snapshot);
    }
  }
  bool is_local() const { return context_ != nullptr; }
  SourceTree tree() const {
    if (context_ != nullptr) return {context_->root, context_->filter.get()};
    return {view_->root(), nullptr};
  }

 private:
  const source::LocalContext* context_ = nullptr;
  std::optional<View> view_;
};

bool is_local(const Job& job, plan::VertexId from) {
  return std::holds_alternative<plan::LocalOp>(job.plan.vertices[from].op);
}

// Another tree of this plan that has the file, for the message: the likeliest slip is a missing or
// a superfluous --from.
std::string found_elsewhere(const Job& job, const plan::CopyOp& op, const std::string& path) {
  if (!is_local(job, op.source.from)) {
    for (const auto& [name, context] : job.shop.contexts) {
      if (is_selectable({context.root, context.filter.get()}, path)) {
        return name == "context" ? "the build context has it: leave --from away"
                                 : fmt::format("context \"{0}\" has it: --from={0}", name);
      }
    }
    return "";
  }
  for (plan::VertexId id = 0; id < job.id; ++id) {
    const plan::Vertex& vertex = job.plan.vertices[id];
    if (vertex.stage.empty() || vertex.stage == job.vertex().stage) continue;
    if (job.results[id].snapshot.empty()) continue;
    if (View(job.shop.store, job.results[id].snapshot).root().find_in(path, O_PATH)) {
      return fmt::format("stage \"{0}\" has it: COPY --from={0}", vertex.stage);
    }
  }
  return "";
}

[[noreturn]] void throw_missing(const Job& job, const plan::CopyOp& op, const SourceTree& tree,
                                const std::string& written) {
  std::string where = is_local(job, op.source.from)
                          ? std::string("the build context")
                          : fmt::format("\"{}\"", job.plan.vertices[op.source.from].name);
  std::string why = explain_missing(tree, written);
  if (why.empty()) why = found_elsewhere(job, op, rooted_path(written));
  Error error =
      Error::of(ErrorKind::kDockerfile, "\"{}\": not found in {}", rooted_path(written), where);
  error.set_hint(why);
  throw error;
}

// One path to copy and the name it brings.
struct Source {
  SelectedPath path;
  std::string name;
};

std::vector<Source> select_sources(const Job& job, const plan::CopyOp& op, const SourceTree& tree,
                                   progress::VertexScope& scope) {
  std::vector<Source> sources;
  for (const std::string& written : op.source.paths) {
    std::vector<SelectedPath> found = select_paths(tree, written);
    if (found.empty() && !has_wildcard(written)) throw_missing(job, op, tree, written);
    if (found.empty()) scope.warn(fmt::format("{} matches nothing, copying nothing", written));
    for (SelectedPath& path : found) {
      std::string name = path.substr(path.rfind('/') + 1);
      sources.push_back({.path = std::move(path), .name = std::move(name)});
    }
  }
  return sources;
}

bool is_directory(const SourceTree& tree, const Source& source) {
  std::optional<struct stat> st = tree.root.find_stat(source.path, sys::Follow::kYes);
  return st && S_ISDIR(st->st_mode);
}

// D10, C04: BuildKit lets each source overwrite the one before; that is never what was meant.
void refuse_overwriting(const plan::CopyOp& op, const SourceTree& tree,
                        const std::vector<Source>& sources, const sys::RootDir& dest) {
  if (sources.size() + op.inline_files.size() < 2 || op.dest.ends_with('/')) return;
  std::optional<struct stat> there = dest.find_stat(op.dest, sys::Follow::kYes);
  if (there && S_ISDIR(there->st_mode)) return;
  bool all_directories = std::all_of(sources.begin(), sources.end(), [&](const Source& source) {
    return is_directory(tree, source);
  });
  if (all_directories && op.inline_files.empty()) return;
  throw Error::of(ErrorKind::kDockerfile, "several sources, and the destination {} is no directory",
                  op.dest)
      .with_hint(fmt::format("end it with a slash: {}/", op.dest));
}

std::optional<overlay::Owner> owner_of(const Job& job, const plan::CopyOp& op) {
  if (!op.chown.empty()) {
    View parent(job.shop.store, job.parent().snapshot);
    sandbox::Owner owner = sandbox::resolve_chown(parent.root(), op.chown);
    return overlay::Owner{.uid = owner.uid, .gid = owner.gid};
  }
  bool from_stage = op.inline_files.empty() || !op.source.paths.empty();
  if (from_stage && !op.source.paths.empty() && !is_local(job, op.source.from)) return std::nullopt;
  return overlay::Owner{};
}

cache::CacheKey content_key(const Job& job, const plan::CopyOp& op, const SourceTree& tree,
                            bool local, const std::vector<Source>& sources,
                            const std::optional<overlay::Owner>& owner) {
  std::vector<cache::SelectedContent> contents;
  for (const Source& source : sources) {
    cache::ContentOptions options{.filter = tree.filter, .ignore_owner = local, .stop = job.stop};
    // What a directory is called does not matter, its contents are copied.
    contents.push_back({.name = is_directory(tree, source) ? "" : source.name,
                        .digest = cache::content_digest(tree.root, source.path, options)});
  }
  std::string owner_text = owner ? fmt::format("{}:{}", owner->uid, owner->gid) : "";
  return cache::copy_key(op, job.parent().key, owner_text, contents);
}

// ADD of a local archive gives its members (D01); false when it is none.
bool unpacked(const plan::CopyOp& op, const SourceTree& tree, const Source& source,
              const sys::RootDir& dest, const std::optional<overlay::Owner>& owner) {
  if (!op.unpack_archives) return false;
  std::optional<struct stat> st = tree.root.find_stat(source.path, sys::Follow::kNo);
  if (!st || !S_ISREG(st->st_mode)) return false;
  sys::Fd file = tree.root.open_in(source.path, O_RDONLY);
  if (!overlay::looks_like_archive(file)) return false;
  std::optional<std::pair<uid_t, gid_t>> forced;
  if (!op.chown.empty()) forced = {owner->uid, owner->gid};
  ErrorContext while_here([&] { return "unpacking " + source.name; });
  dest.make_dirs(op.dest, 0755);
  overlay::unpack_archive(file, dest, op.dest, forced);
  return true;
}

void write_inline(const plan::CopyOp& op, const plan::InlineFile& file, const overlay::Owner& owner,
                  overlay::TreeCopier& copier, const sys::RootDir& dest) {
  std::optional<struct stat> there = dest.find_stat(op.dest, sys::Follow::kYes);
  bool into = op.dest.ends_with('/') || (there && S_ISDIR(there->st_mode));
  std::string path = into ? op.dest + "/" + file.name : op.dest;
  copier.make_dirs(path.substr(0, path.rfind('/') + 1));
  sys::RootDir::Parent parent = dest.open_parent(path);
  if (sys::find_stat_at(parent.dir, parent.name.c_str())) {
    sys::unlink_at(parent.dir, parent.name.c_str());
  }
  sys::Fd made =
      sys::open_at(parent.dir, parent.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  sys::write_all(made, file.content);
  sys::chown_at(made, "", owner.uid, owner.gid);
  sys::chmod_fd(made, op.chmod.value_or(0644));
}

void copy_everything(const Job& job, const plan::CopyOp& op, const SourceTree& tree,
                     const std::vector<Source>& sources, const std::optional<overlay::Owner>& owner,
                     const sys::RootDir& dest) {
  refuse_overwriting(op, tree, sources, dest);
  overlay::CopyOptions options{
      .owner = owner, .mode = op.chmod, .filter = tree.filter, .stop = job.stop};
  for (const Source& source : sources) {
    if (unpacked(op, tree, source, dest, owner)) continue;
    overlay::TreeCopier(tree.root, dest, options).copy(source.path, op.dest);
  }
  overlay::TreeCopier copier(tree.root, dest, options);
  for (const plan::InlineFile& file : op.inline_files) {
    write_inline(op, file, owner.value_or(overlay::Owner{}), copier, dest);
  }
}

}  // namespace

StepResult run_copy(Job& job, const plan::CopyOp& op, progress::VertexScope& scope) {
  bool local = is_local(job, op.source.from);
  std::optional<cache::CacheKey> definition;
  if (!local) {
    definition = cache::copy_definition_key(op, job.parent().key, job.results[op.source.from].key);
    if (auto hit = find_cached(job, *definition)) return *hit;
  }
  Origin origin(job, op.source.from);
  SourceTree tree = origin.tree();
  std::vector<Source> sources = select_sources(job, op, tree, scope);
  std::optional<overlay::Owner> owner = owner_of(job, op);
  cache::CacheKey key = content_key(job, op, tree, local, sources, owner);
  std::optional<StepResult> result = find_cached(job, key);
  if (!result) {
    Workspace workspace(job.shop.store, job.parent().snapshot);
    copy_everything(job, op, tree, sources, owner, workspace.root());
    result = commit(job, workspace, key);
  }
  if (definition) remember(job, *definition, *result);
  return *result;
}

}  // namespace cairn::solver
