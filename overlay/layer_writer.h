// SPDX-License-Identifier: Apache-2.0
//
// A layer as a stream of tar bytes. Equal trees give equal bytes on every host: entries are sorted,
// times are whole seconds, owners are numeric only, and pax records appear only for what ustar
// cannot express. The extended attributes kept are user.* (without overlayfs's own) and the file
// capability.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/stream.h"
#include "base/sys/fd.h"
#include "base/time.h"
#include "overlay/layer_stack.h"

namespace cairn::overlay {

struct LayerOptions {
  Clamp clamp_mtime = {};
  std::optional<Timestamp> mtime = {};  // every entry gets this time
};

// Writes the changes that `upper` makes to `below` (see diff.h). Memory is bounded and files are
// read once. Throws kStep for a file whose name begins with ".wh.": a layer reads such a name as a
// deletion. Throws kHost for an owner without an id here, and for a file that shrinks meanwhile.
void write_layer(const LayerStack& upper, const LayerStack& below, const LayerOptions& options,
                 ByteSink& tar);

// Writes a whole tree, for `type=tar`: `root` is the open root of a mounted stack, or any
// directory.
void write_tree(const sys::Fd& root, const LayerOptions& options, ByteSink& tar);

// Writes several trees into one tar, each below a top-level directory of its own (0755 0:0).
struct NamedTree {
  std::string directory;
  const sys::Fd& root;
};
void write_trees(std::span<const NamedTree> trees, const LayerOptions& options, ByteSink& tar);

}  // namespace cairn::overlay
