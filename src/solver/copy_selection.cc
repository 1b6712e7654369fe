// SPDX-License-Identifier: Apache-2.0
#include "solver/copy_selection.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/text.h"
#include "cache/content_digest.h"
#include "plan/copy_filter.h"
#include "solver/context_index.h"

namespace cairn::solver {
namespace {

// The rules of the tree (an ignore file) and those of the line (--exclude, --parents), which know
// paths only from the copied directory on.
class BothFilters final : public PathFilter {
 public:
  BothFilters(const PathFilter* outer, std::shared_ptr<const PathFilter> inner,
              const std::string& directory)
      : outer_(outer), inner_(std::move(inner)), prefix_(directory == "/" ? 0 : directory.size()) {}

  Verdict judge(const std::string& path, bool is_directory) const override {
    Verdict outer = Verdict::kIncluded;
    if (outer_ != nullptr) outer = outer_->judge(path, is_directory);
    if (outer == Verdict::kExcluded) return outer;
    Verdict inner = inner_->judge(path.substr(prefix_), is_directory);
    return inner == Verdict::kIncluded ? outer : inner;
  }
  std::string explain(const std::string& path) const override {
    return outer_ != nullptr ? outer_->explain(path) : "";
  }

 private:
  const PathFilter* outer_;
  std::shared_ptr<const PathFilter> inner_;
  std::size_t prefix_;  // of "dir/" in "dir/file"
};

std::shared_ptr<const PathFilter> filter_below(const CopyTree& tree, const plan::CopySource& source,
                                               const std::vector<std::string>& exclude,
                                               const std::string& directory) {
  std::shared_ptr<const PathFilter> inner = plan::copy_filter(source, exclude);
  if (inner) return std::make_shared<BothFilters>(tree.filter(), std::move(inner), directory);
  if (tree.filter() == nullptr) return nullptr;
  return {std::shared_ptr<void>(), tree.filter()};  // borrowed: the context outlives the step
}

// Another tree of this plan that has the file, for the message: the likeliest slip is a missing or
// a superfluous --from.
std::string found_elsewhere(const Job& job, plan::VertexId from, const std::string& path) {
  if (!is_local(job.plan, from)) {
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

[[noreturn]] void throw_missing(const Job& job, const CopyTree& tree, const std::string& written) {
  std::string where = is_local(job.plan, tree.from())
                          ? std::string("the build context")
                          : fmt::format("\"{}\"", job.plan.vertices[tree.from()].name);
  std::string why = explain_missing(tree.tree(), written);
  if (why.empty()) why = found_elsewhere(job, tree.from(), rooted_path(written));
  Error error =
      Error::of(ErrorKind::kDockerfile, "\"{}\": not found in {}", rooted_path(written), where);
  error.set_hint(why);
  throw error;
}

// A file of the web has the name that its URL gives it, and a repository is copied whole.
bool is_literal(const Job& job, plan::VertexId from) {
  const plan::Op& op = job.plan.vertices[from].op;
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

CopyTree::CopyTree(const Job& job, plan::VertexId from) : from_(from) {
  if (const auto* local = std::get_if<plan::LocalOp>(&job.plan.vertices[from].op)) {
    context_ = &job.shop.contexts.at(local->name);
  } else {
    view_.emplace(job.shop.store, job.results[from].snapshot);
  }
}

CopySelection::CopySelection(const Job& job, const plan::CopyOp& op, progress::VertexScope& scope)
    : job_(job), op_(op) {
  for (const plan::CopySource& source : op.sources) select(source, scope);
}

const CopyTree& CopySelection::open(plan::VertexId from) {
  for (const CopyTree& tree : trees_) {
    if (tree.from() == from) return tree;
  }
  return trees_.emplace_back(job_, from);
}

// --parents without wildcards names something that must be there.
void CopySelection::need_below(const plan::CopySource& source, const CopyTree& tree) const {
  if (!source.below || has_wildcard(source.path) || has_wildcard(*source.below)) return;
  std::string whole = source.path + "/" + *source.below;
  if (!is_selectable(tree.tree(), rooted_path(whole))) throw_missing(job_, tree, whole);
}

void CopySelection::select(const plan::CopySource& source, progress::VertexScope& scope) {
  const CopyTree& tree = open(source.from);
  std::vector<SelectedPath> found = {source.path};
  if (!is_literal(job_, source.from)) {
    need_below(source, tree);
    found = select_paths(tree.tree(), source.path);
    if (found.empty() && !has_wildcard(source.path)) throw_missing(job_, tree, source.path);
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
  constexpr std::uint64_t kAtHand = 8 << 20;
  return contents(cache::ContentOptions{.stop = std::move(stop), .most_bytes = kAtHand});
}

std::vector<cache::SelectedContent> CopySelection::contents(const cache::ContentOptions& how) {
  std::vector<cache::SelectedContent> out;
  for (SelectedSource& source : sources_) {
    // What a directory is called does not matter, its contents are copied.
    out.push_back({.name = source.is_directory ? "" : source.name,
                   .digest = content(source, how),
                   .unpack = source.unpack && !source.is_directory,
                   .files = source.files});
  }
  return out;
}

void CopySelection::read_ahead(std::stop_token stop) {
  bool is_kept = std::ranges::all_of(sources_, [](const SelectedSource& source) {
    return !source.tree->keeps_owners() && source.tree->context()->alive == nullptr;
  });
  if (is_kept) contents(cache::ContentOptions{.stop = std::move(stop), .threads = 1});
}

bool CopySelection::take(const std::vector<cache::SelectedContent>& read) {
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
      context_content(job_.shop.store, *tree.context(), source.path, options);
  source.files = std::move(content.files);
  return content.digest;
}

}  // namespace cairn::solver
