// SPDX-License-Identifier: Apache-2.0
//
// What a COPY or ADD takes: its sources with their trees opened, wildcards resolved, and the
// filters that hold below them. A plain path that is not there ends the step, with the best answer
// we have to the question why.
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
#include "solver/copy_sources.h"
#include "solver/job.h"
#include "solver/workspace.h"

namespace cairn::solver {

bool is_local(const plan::Plan& plan, plan::VertexId from);
// Whether the op takes files of the client alone.
bool is_all_local(const plan::Plan& plan, const plan::CopyOp& op);

// The tree that sources lie in: a directory of the client, or a view of a snapshot.
class CopyTree {
 public:
  CopyTree(const Job& job, plan::VertexId from);

  plan::VertexId from() const { return from_; }
  const sys::RootDir& root() const { return context_ != nullptr ? context_->root : view_->root(); }
  const PathFilter* filter() const {
    return context_ != nullptr ? context_->filter.get() : nullptr;
  }
  SourceTree tree() const { return {root(), filter()}; }
  // The client's directory; null for a view.
  const source::LocalContext* context() const { return context_; }
  // Files of the client belong to root in the image, whoever has them here (C12).
  bool keeps_owners() const { return context_ == nullptr || context_->keeps_owners; }

 private:
  plan::VertexId from_;
  const source::LocalContext* context_ = nullptr;
  std::optional<View> view_;
};

// One path to copy.
struct SelectedSource {
  const CopyTree* tree = nullptr;
  SelectedPath path = {};
  std::string name = {};  // that a file brings to a directory
  bool is_directory = false;
  bool unpack = false;
  std::shared_ptr<const PathFilter> filter = {};       // of the tree's root, null when all is taken
  std::shared_ptr<const cache::StatIndex> files = {};  // as contents() read them from the client

  std::optional<overlay::Owner> owner() const {
    return tree->keeps_owners() ? std::nullopt : std::optional(overlay::Owner{});
  }
};

class CopySelection {
 public:
  // Warns about patterns that match nothing.
  CopySelection(const Job& job, const plan::CopyOp& op, progress::VertexScope& scope);

  const std::vector<SelectedSource>& sources() const { return sources_; }
  // What was selected, by content: reads all of it that no index knows.
  std::vector<cache::SelectedContent> contents(std::stop_token stop);
  // The same where little has to be read; kLimit otherwise.
  std::vector<cache::SelectedContent> contents_at_hand(std::stop_token stop);
  // Digests what an index keeps, for who selects the same later, by this thread alone.
  void read_ahead(std::stop_token stop);
  // Takes what an earlier selection of the same line read; false when it selected something else.
  bool take(const std::vector<cache::SelectedContent>& read);

 private:
  const CopyTree& open(plan::VertexId from);
  std::vector<cache::SelectedContent> contents(const cache::ContentOptions& how);
  Digest content(SelectedSource& source, cache::ContentOptions options) const;
  void select(const plan::CopySource& source, progress::VertexScope& scope);
  void need_below(const plan::CopySource& source, const CopyTree& tree) const;

  const Job& job_;
  const plan::CopyOp& op_;
  std::deque<CopyTree> trees_;  // addresses are kept
  std::vector<SelectedSource> sources_;
};

}  // namespace cairn::solver
