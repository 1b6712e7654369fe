// SPDX-License-Identifier: Apache-2.0
//
// Wildcards are resolved and trees opened in the constructor; contents are digested only when
// somebody asks, since a key made of other keys often makes that unnecessary. Digests of the
// client's files go through the context index; those of snapshots are not cached, as the keys of
// their stages stand for them.
#include "solver/copy/copy_selection.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/path_match.h"
#include "base/text.h"
#include "cache/content_digest.h"
#include "plan/copy_filter.h"
#include "solver/copy/context_index.h"

namespace cairn::solver {
namespace {

// Combines the rules of the tree (an ignore file) with those of the line (--exclude, --parents).
// The line's rules see paths relative to the copied directory.
class BothFilters final : public PathFilter {
 public:
  BothFilters(const PathFilter* outer, std::shared_ptr<const PathFilter> inner,
              const std::string& directory)
      : outer_(outer), inner_(std::move(inner)), prefix_(directory == "/" ? 0 : directory.size()) {}

  Verdict judge(const std::string& path, bool is_directory) const override {
    Verdict outer = Verdict::kIncluded;
    if (outer_ != nullptr) outer = outer_->judge(path, is_directory);
    if (outer == Verdict::kExcluded) return outer;
    // kPartly of either filter must survive: a directory is entered if anything below may be
    // included.
    Verdict inner = inner_->judge(path.substr(prefix_), is_directory);
    return inner == Verdict::kIncluded ? outer : inner;
  }
  std::string explain(const std::string& path) const override {
    return outer_ != nullptr ? outer_->explain(path) : "";
  }

 private:
  const PathFilter* outer_;
  std::shared_ptr<const PathFilter> inner_;
  std::size_t prefix_;  // length of "dir/" in "dir/file"
};

std::shared_ptr<const PathFilter> filter_below(const CopyTree& tree, const plan::CopySource& source,
                                               const std::vector<std::string>& exclude,
                                               const std::string& directory) {
  std::shared_ptr<const PathFilter> inner = plan::copy_filter(source, exclude);
  if (inner) return std::make_shared<BothFilters>(tree.filter(), std::move(inner), directory);
  if (tree.filter() == nullptr) return nullptr;
  return {std::shared_ptr<void>(), tree.filter()};  // borrowed: the context outlives the step
}

// For the error message: another tree of this plan that has the file. The likeliest mistake is a
// missing or a superfluous --from.
std::string found_elsewhere(const StepContext& step, plan::VertexId from, const std::string& path) {
  if (!is_local(step.plan, from)) {
    for (const auto& [name, context] : step.services.contexts) {
      if (is_selectable({context.root, context.filter.get()}, path)) {
        return name == "context" ? "the build context has it: leave --from away"
                                 : fmt::format("context \"{0}\" has it: --from={0}", name);
      }
    }
    return "";
  }
  for (plan::VertexId id; id < step.id; ++id) {
    const plan::Vertex& vertex = step.plan.vertices[id];
    if (vertex.stage.empty() || vertex.stage == step.vertex().stage) continue;
    if (step.results[id].snapshot.is_empty_root()) continue;
    if (step.services.snapshotter.view(step.results[id].snapshot)->root().find_end(path)) {
      return fmt::format("stage \"{0}\" has it: COPY --from={0}", vertex.stage);
    }
  }
  return "";
}

[[noreturn]] void throw_missing(const StepContext& step, const CopyTree& tree,
                                const std::string& written) {
  std::string where = is_local(step.plan, tree.from())
                          ? std::string("the build context")
                          : fmt::format("\"{}\"", step.plan.vertices[tree.from()].name);
  std::string why = explain_missing(tree.tree(), written);
  if (why.empty()) why = found_elsewhere(step, tree.from(), rooted_path(written));
  Error error = dockerfile_error("\"{}\": not found in {}", rooted_path(written), where);
  error.set_hint(why);
  throw error;
}

// Checks each component, since each is a pattern of its own and may never be compared with a file.
void refuse_malformed(const std::string& path, bool broken_json) {
  if (!has_wildcard(path)) return;
  for (const std::string& component : split(path, '/')) {
    if (is_path_pattern(component)) continue;
    Error error = dockerfile_error("syntax error in pattern: {}", go_quote(path));
    error.set_hint(explain_malformed(broken_json));
    throw error;
  }
}

// Whether the path is no pattern: a remote file is named by its URL, and a repository is copied
// whole.
bool is_literal(const StepContext& step, plan::VertexId from) {
  const plan::Op& op = step.plan.vertices[from].op;
  return std::holds_alternative<plan::HttpOp>(op) || std::holds_alternative<plan::GitOp>(op);
}

}  // namespace

bool is_local(const plan::Plan& plan, plan::VertexId from) {
  return std::holds_alternative<plan::LocalOp>(plan.vertices[from].op);
}

bool is_all_local(const plan::Plan& plan, const plan::CopyOp& op) {
  return std::ranges::all_of(
      op.sources, [&](const plan::CopySource& source) { return is_local(plan, source.from); });
}

CopyTree::CopyTree(const StepContext& step, plan::VertexId from) : from_(from) {
  if (const auto* local = std::get_if<plan::LocalOp>(&step.plan.vertices[from].op)) {
    context_ = &step.services.contexts.at(local->name);
  } else {
    view_ = step.services.snapshotter.view(step.results[from].snapshot);
  }
}

CopySelection::CopySelection(const StepContext& step, const plan::CopyOp& op,
                             progress::VertexScope& scope)
    : step_(step), op_(op) {
  for (const plan::CopySource& source : op.sources) select(source, scope);
}

const CopyTree& CopySelection::open(plan::VertexId from) {
  for (const CopyTree& tree : trees_) {
    if (tree.from() == from) return tree;
  }
  return trees_.emplace_back(step_, from);
}

// --parents without wildcards names a path that must exist.
void CopySelection::need_below(const plan::CopySource& source, const CopyTree& tree) const {
  if (!source.below || has_wildcard(source.path) || has_wildcard(*source.below)) return;
  std::string whole = source.path + "/" + *source.below;
  if (!is_selectable(tree.tree(), rooted_path(whole))) throw_missing(step_, tree, whole);
}

void CopySelection::select(const plan::CopySource& source, progress::VertexScope& scope) {
  const CopyTree& tree = open(source.from);
  std::vector<SelectedPath> found = {source.path};
  if (!is_literal(step_, source.from)) {
    refuse_malformed(source.path, op_.broken_json);
    need_below(source, tree);
    found = select_paths(tree.tree(), source.path);
    if (found.empty() && !has_wildcard(source.path)) throw_missing(step_, tree, source.path);
    if (found.empty()) scope.warn(source.path + " matches nothing, copying nothing");
  }
  for (SelectedPath& path : found) {
    std::optional<struct stat> st = tree.root().find_stat(path, sys::Follow::kYes);
    sources_.push_back({.tree = &tree,
                        .path = path,
                        .name = path.substr(path.rfind('/') + 1),
                        .is_directory = st && S_ISDIR(st->st_mode),
                        .unpack = source.unpack,
                        .filter = filter_below(tree, source, op_.exclude, path)});
  }
}

std::vector<cache::SelectedContent> CopySelection::contents(std::stop_token stop) {
  return contents(cache::ContentOptions{.stop = std::move(stop)});
}

std::vector<cache::SelectedContent> CopySelection::contents_at_hand(std::stop_token stop) {
  // Some milliseconds to hash. More is not worth delaying the lookups that follow.
  constexpr std::uint64_t kAtHand = 8 << 20;
  return contents(cache::ContentOptions{.stop = std::move(stop), .most_bytes = kAtHand});
}

std::vector<cache::SelectedContent> CopySelection::contents(const cache::ContentOptions& how) {
  std::vector<cache::SelectedContent> out;
  for (SelectedSource& source : sources_) {
    // The name of a directory does not matter: its contents are copied.
    out.push_back({.name = source.is_directory ? "" : source.name,
                   .digest = content(source, how),
                   .unpack = source.unpack && !source.is_directory,
                   .files = source.files});
  }
  return out;
}

void CopySelection::read_ahead(std::stop_token stop) {
  // Only these have an index that keeps the digests; see context_content().
  bool is_kept = std::ranges::all_of(sources_, [](const SelectedSource& source) {
    return !source.tree->keeps_owners() && source.tree->context()->alive == nullptr;
  });
  if (is_kept) contents(cache::ContentOptions{.stop = std::move(stop), .threads = 1});
}

bool CopySelection::reuse(const std::vector<cache::SelectedContent>& read) {
  if (read.size() != sources_.size()) return false;
  for (std::size_t i = 0; i < read.size(); ++i) {
    if (read[i].name != (sources_[i].is_directory ? "" : sources_[i].name)) return false;
    sources_[i].files = read[i].files;
  }
  return true;
}

Digest CopySelection::content(SelectedSource& source, cache::ContentOptions options) const {
  const CopyTree& tree = *source.tree;
  options.filter = source.filter.get();
  options.ignore_owner = !tree.keeps_owners();
  if (tree.context() == nullptr) return cache::content_digest(tree.root(), source.path, options);
  cache::IndexedContent content =
      context_content(step_.services.store, *tree.context(), source.path, options);
  source.files = std::move(content.files);
  return content.digest;
}

}  // namespace cairn::solver
