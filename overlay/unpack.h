// SPDX-License-Identifier: Apache-2.0
//
// From tar bytes to files: a layer into a directory of its own, in the form overlayfs reads; and an
// archive of the user's (ADD) into a live root.
//
// The bytes are hostile. Entries are placed by descriptor, inside the root whatever they are called
// and wherever symlinks point; names, counts and sizes are bounded; what does not hold together is
// kCorrupt, what is too much is kLimit. A layer is unpacked without looking at the layers below it,
// so that all layers of an image can be unpacked at once; settle_layer() then does what needs them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/stream.h"
#include "base/sys/root_dir.h"
#include "base/time.h"
#include "overlay/mount.h"

namespace cairn::overlay {

struct UnpackLimits {
  std::uint64_t max_bytes = std::uint64_t{256} << 30;  // sizes of all files, holes included
  std::uint64_t max_entries = 5'000'000;
  std::size_t max_path = 64 << 10;
  std::size_t max_depth = 4096;
};

// A hard link to a file that this layer does not hold itself.
struct LowerLink {
  std::string path;
  std::string target;
  bool operator==(const LowerLink&) const = default;
};

struct UnpackResult {
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;
  // Directories that entries lie in but none names ("." is the root): 0755 0:0, dated 1970, until
  // settle_layer() gives them what the layers below say.
  std::vector<std::string> implied_dirs{};
  std::vector<LowerLink> lower_links{};
  // What was left out and why: device nodes that this host does not let us make, owners outside our
  // id map. At most 20 are spelled out.
  std::vector<std::string> warnings{};
  std::uint64_t warning_count = 0;
};

// The lowest layer of an image has nothing to delete; its whiteouts are dropped.
enum class LayerPlace { kLowest, kAboveOthers };

// `dir` exists and is empty. Reads `tar` to its end.
UnpackResult unpack_layer(ByteSource& tar, const std::string& dir, const UnpackLimits& limits = {},
                          LayerPlace place = LayerPlace::kAboveOthers);

// Completes a layer above others: implied directories take owner, mode, mtime and attributes from
// `below`, links to lower files become copies of them, and a root marked opaque becomes whiteouts,
// since overlayfs does not honour the mark there. Call it for every layer but the lowest.
void settle_layer(const std::string& dir, const UnpackResult& unpacked, const LayerStack& below);
// The first of these alone. {"."} gives the fresh upper directory of a step the root's metadata,
// which the mounted root would otherwise take from a bare mkdir.
void fix_implied_dirs(const std::string& dir, const std::vector<std::string>& implied,
                      const LayerStack& below);

// Whether ADD unpacks this file, by content: it decompresses (gzip, bzip2, xz, zstd or not at all)
// and begins with a tar header. Leaves the file at its start.
bool looks_like_archive(const sys::Fd& file);
// When the youngest file of such a file was changed; nothing for what is no archive or is damaged.
std::optional<Timestamp> newest_file(const sys::Fd& file);
// What a root is: one that is mounted, or a layer's own directory, where overlayfs keeps its marks.
enum class RootKind { kMounted, kLayer };
// Unpacks such a file into the directory `dest` of a root, which is made if missing. Members keep
// their owners unless `owner` is given.
UnpackResult unpack_archive(const sys::Fd& file, const sys::RootDir& root, const std::string& dest,
                            std::optional<std::pair<uid_t, gid_t>> owner,
                            RootKind kind = RootKind::kMounted, const UnpackLimits& limits = {});

}  // namespace cairn::overlay
