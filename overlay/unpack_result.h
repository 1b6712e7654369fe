// SPDX-License-Identifier: Apache-2.0
//
// What an unpacking may cost, and what comes out of it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/owner.h"
#include "base/sys/xattr.h"
#include "base/time.h"
#include "overlay/dir_names.h"

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
  Owner owner = {};
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

}  // namespace cairn::overlay
