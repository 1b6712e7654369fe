// SPDX-License-Identifier: Apache-2.0
//
// Layers that share inodes. Two of them must not meet in one view: two of its paths would look like
// hard links. So each layer with files linked from others has on record which layers they may come
// from.
//
// A file that has one name in the whole store may be linked into any layer that does not stand on
// its own. One that has several may be a hard link of the image, which is copied so that it shows
// no more names than it has there; or its layer lent files before, and then it may be lent again
// where no layer below has any origin in common with that layer.
#pragma once

#include <set>
#include <string>

#include "solver/job.h"

namespace cairn::solver {

using LayerIds = std::set<std::string>;

// The layers that inodes of this one may come from, itself among them.
LayerIds origins(const Job& job, const std::string& snapshot);

// `snapshot` has files that were linked from `donors`; to be recorded with it.
void record_origins(const Job& job, const std::string& snapshot, const LayerIds& donors);

// The stack that a job's layer will stand on.
class StackBelow {
 public:
  explicit StackBelow(const Job& job);

  bool has(const std::string& snapshot) const { return layers_.contains(snapshot); }
  bool shares_with(const LayerIds& origins) const;

 private:
  LayerIds layers_;
  LayerIds origins_;  // of all of them
};

}  // namespace cairn::solver
