// SPDX-License-Identifier: Apache-2.0
//
// The files that a COPY or ADD takes: its sources with their trees opened, wildcards resolved, and
// the filters that apply below them. Throws for a plain path that does not exist, with the most
// likely reason as its hint.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/cache_key.h"
#include "cache/content_digest.h"
#include "cache/stat_index.h"
#include "overlay/copy.h"
#include "progress/vertex_scope.h"
#include "solver/copy/copy_sources.h"
#include "solver/job.h"

namespace cairn::solver {

bool is_local(const plan::Plan& plan, plan::VertexId from);
// Whether all sources of the op are files of the client.
bool is_all_local(const plan::Plan& plan, const plan::CopyOp& op);

// The tree that a source is in: a directory of the client (borrowed), or a view of a snapshot
// (owned).
class CopyTree {
 public:
  CopyTree(const StepContext& step, plan::VertexId from);

  plan::VertexId from() const { return from_; }
  const sys::RootDir& root() const { return context_ != nullptr ? context_->root : view_->root(); }
  const PathFilter* filter() const {
    return context_ != nullptr ? context_->filter.get() : nullptr;
  }
  SourceTree tree() const { return {root(), filter()}; }
  // The client's directory; null for a view.
  const source::LocalContext* context() const { return context_; }
  // Whether files keep their owners. The client's files belong to root in the image (C12), unless
  // the context says otherwise.
  bool keeps_owners() const { return context_ == nullptr || context_->keeps_owners; }

 private:
  plan::VertexId from_;
  const source::LocalContext* context_ = nullptr;
  std::unique_ptr<SnapshotView> view_;
};

// One path to copy.
struct SelectedSource {
  const CopyTree* tree = nullptr;
  SelectedPath path = {};
  std::string name = {};  // the name at the destination, if that is a directory
  bool is_directory = false;
  bool unpack = false;
  std::shared_ptr<const PathFilter> filter = {};  // on paths from the tree's root; null: take all
  std::shared_ptr<const cache::StatIndex> files = {};  // set by contents() for indexed client files

  // The owner to give to copies; nullopt keeps the source's.
  std::optional<Owner> owner() const {
    return tree->keeps_owners() ? std::nullopt : std::optional(Owner{});
  }
};

class CopySelection {
 public:
  // Borrows `step` and `op`. Warns about patterns that match nothing.
  CopySelection(const StepContext& step, const plan::CopyOp& op, progress::VertexScope& scope);

  const std::vector<SelectedSource>& sources() const { return sources_; }
  // The digest of each source. Reads all files that no index covers.
  std::vector<cache::SelectedContent> contents(std::stop_token stop);
  // The same, but throws kLimit if more than 8 MiB would have to be read.
  std::vector<cache::SelectedContent> contents_at_hand(std::stop_token stop);
  // Computes the indexed digests on the calling thread, so that a later selection of the same line
  // finds them.
  void read_ahead(std::stop_token stop);
  // Takes over the digests of an earlier selection of the same line; false if that one selected
  // different names.
  bool reuse(const std::vector<cache::SelectedContent>& read);

 private:
  const CopyTree& open(plan::VertexId from);
  std::vector<cache::SelectedContent> contents(const cache::ContentOptions& how);
  Digest content(SelectedSource& source, cache::ContentOptions options) const;
  void select(const plan::CopySource& source, progress::VertexScope& scope);
  void need_below(const plan::CopySource& source, const CopyTree& tree) const;

  const StepContext& step_;
  const plan::CopyOp& op_;
  std::deque<CopyTree> trees_;  // a deque, since sources point to its elements
  std::vector<SelectedSource> sources_;
};

}  // namespace cairn::solver
