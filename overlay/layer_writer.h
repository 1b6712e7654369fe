// SPDX-License-Identifier: Apache-2.0
//
// A layer as a stream of tar bytes. Equal trees give equal bytes on every host: entries in order,
// times in whole seconds, numeric owners alone, pax records only for what ustar cannot say.
// Extended attributes kept are user.* (not overlayfs's own) and the file capability.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/stream.h"
#include "base/sys/fd.h"
#include "overlay/mount.h"

namespace cairn::overlay {

struct LayerOptions {
  // Entries changed later than this (seconds since 1970) carry this time: SOURCE_DATE_EPOCH.
  std::optional<std::int64_t> clamp_mtime = {};
  std::optional<std::int64_t> mtime = {};  // every entry carries this one
};

// The changes that `upper` makes to `below` (see diff.h). Memory is bounded, files are read once.
void write_layer(const LayerStack& upper, const LayerStack& below, const LayerOptions& options,
                 ByteSink& tar);

// A whole tree, for `type=tar`: `root` is the open root of a mounted stack, or any directory.
void write_tree(const sys::Fd& root, const LayerOptions& options, ByteSink& tar);

// Several in one tar, each below a directory of its own (0755, root's) at the top.
struct NamedTree {
  std::string directory;
  const sys::Fd& root;
};
void write_trees(std::span<const NamedTree> trees, const LayerOptions& options, ByteSink& tar);

}  // namespace cairn::overlay
