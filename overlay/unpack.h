// SPDX-License-Identifier: Apache-2.0
//
// From tar bytes to files: a layer into a directory of its own, in the form overlayfs reads; and a
// user's archive (ADD) into a live root.
//
// The bytes are hostile. Entries are placed by descriptor and stay inside the root, whatever their
// names say and wherever symlinks point. Names, counts and sizes are bounded. An inconsistent
// archive is kCorrupt, an oversized one is kLimit. A layer is unpacked without looking at the
// layers below it, so that all layers of an image can be unpacked at once; merge_parent_metadata()
// then does the part that needs them.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/stream.h"
#include "base/sys/root_dir.h"
#include "base/time.h"
#include "overlay/layer_stack.h"
#include "overlay/unpack_result.h"

namespace cairn::overlay {

// The lowest layer of an image has nothing to delete, so its whiteouts are dropped.
enum class LayerPlace { kLowest, kAboveOthers };

// `dir` exists and is empty. Reads `tar` to its end.
UnpackResult unpack_layer(ByteSource& tar, const std::string& dir, const UnpackLimits& limits = {},
                          LayerPlace place = LayerPlace::kAboveOthers,
                          UnmappedOwners owners = UnmappedOwners::kRefuse);

// Completes a layer that lies above others. Implied directories take owner, mode, mtime and
// attributes from `below`. Links to lower files become copies of them, with the metadata of the
// links' headers. A root marked opaque gets whiteouts instead, since overlayfs ignores the mark
// there. Call it for every layer but the lowest.
void merge_parent_metadata(const std::string& dir, const UnpackResult& unpacked,
                           const LayerStack& below);
// Only the first of these. {"."} gives the new upper directory of a step the metadata of the root
// below; otherwise the mounted root would show those of mkdir(2).
void fix_implied_dirs(const std::string& dir, const std::vector<std::string>& implied,
                      const LayerStack& below);

// Whether ADD unpacks this file, judged by content: it is plain or compressed (gzip, bzip2, xz,
// zstd) and begins with a tar header. Leaves the file at its start.
bool looks_like_archive(const sys::Fd& file);
// The newest mtime of the files in the archive; nullopt if `file` is no archive or is damaged.
std::optional<Timestamp> newest_file(const sys::Fd& file);
// A mounted root, or the directory of a layer, where overlayfs keeps its marks.
enum class RootKind { kMounted, kLayer };
struct ArchiveOptions {
  std::optional<Owner> owner = {};  // instead of the members' own
  RootKind kind = RootKind::kMounted;
  UnmappedOwners unmapped = UnmappedOwners::kRefuse;
  UnpackLimits limits = {};
};
// Unpacks such a file into the directory `dest` of a root, making it if it is missing, as BuildKit
// does (which chroots there): no entry leaves `dest`, wherever its name or a symlink points.
// Existing directories, first of all `dest` itself, keep mode, owner, attributes and time, whatever
// the archive says. Anything else in an entry's way is removed.
UnpackResult unpack_archive(const sys::Fd& file, const sys::RootDir& root, const std::string& dest,
                            const ArchiveOptions& options = {});

}  // namespace cairn::overlay
