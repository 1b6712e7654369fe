// SPDX-License-Identifier: Apache-2.0
//
// What the exporters of trees share.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "output/exporter.h"
#include "output/tree.h"

namespace cairn::output::internal {

// Whether each platform gets a directory of its own.
bool splits_platforms(const ExportRequest& request, const OutputSpec& spec);
std::vector<PlatformTree> trees_of(const ExportRequest& request);
// The mtime of all files, in seconds; nullopt keeps each file's own.
std::optional<Timestamp> epoch_of(const ExportRequest& request);

}  // namespace cairn::output::internal
