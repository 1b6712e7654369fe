// SPDX-License-Identifier: Apache-2.0
//
// An output of files takes the root snapshot of each platform's result; whether there is an image
// does not matter.
#include "output/internal/export_tree.h"

namespace cairn::output::internal {

bool splits_platforms(const ExportRequest& request, const OutputSpec& spec) {
  return spec.platform_split.value_or(request.several);
}

std::vector<PlatformTree> trees_of(const ExportRequest& request) {
  std::vector<PlatformTree> trees;
  for (const PlatformResult& result : request.results) {
    trees.push_back({.platform = result.platform, .snapshot = result.root_snapshot});
  }
  return trees;
}

std::optional<Timestamp> epoch_of(const ExportRequest& request) {
  const std::optional<Timestamp>& epoch = main_result(request).epoch;
  return epoch ? std::optional(whole_seconds(*epoch)) : std::nullopt;
}

}  // namespace cairn::output::internal
