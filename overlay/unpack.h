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

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/stream.h"
#include "base/sys/root_dir.h"
#include "base/sys/xattr.h"
#include "base/time.h"
#include "overlay/dir_names.h"
#include "overlay/mount.h"

namespace cairn::overlay {

struct UnpackLimits {
  std::uint64_t max_bytes = std::uint64_t{256} << 30;  // sizes of all files, holes included
  std::uint64_t max_entries = 5'000'000;
  std::size_t max_path = limits::kTarPath;  // bytes, of an entry and of the directory it leads to
  std::size_t max_depth = limits::kTarDepth;
};

// What happens to owners that have no id in this user namespace. Without them, a layer or an
// archive would not be what it says, so it is refused (see sys::is_unmapped_id) unless the user
// asked for those files to be root's.
enum class UnmappedOwners { kRefuse, kGiveToRoot };

// A hard link to a file that this layer does not contain, with the metadata from its header.
struct LowerLink {
  std::string path;
  std::string target;
  mode_t mode = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  Timestamp mtime = {};
  sys::Xattrs xattrs = {};  // as a layer directory stores them
  bool operator==(const LowerLink&) const = default;
};

struct UnpackResult {
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;
  // Directories that contain entries but have none of their own ("." is the root). They are 0755
  // 0:0 and dated 1970 until merge_parent_metadata() gives them the metadata of the layers below.
  DirNames implied_dirs{};
  std::vector<LowerLink> lower_links{};
  // What was left out and why, e.g. device nodes that this host cannot make. At most 20 are spelled
  // out; warning_count counts all.
  std::vector<std::string> warnings{};
  std::uint64_t warning_count = 0;
  bool has_replaced = false;      // an entry replaced something, even an equal one
  std::uint64_t lost_owners = 0;  // entries given to root because their owner has no id here
};

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
  std::optional<std::pair<uid_t, gid_t>> owner = {};  // instead of the members' own
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
