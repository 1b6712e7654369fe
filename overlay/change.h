// SPDX-License-Identifier: Apache-2.0
//
// What a layer does to the tree below it, as a value.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/owner.h"
#include "base/sys/xattr.h"
#include "base/time.h"

namespace cairn::overlay {

enum class ChangeKind {
  kModified,  // added, or differs from what is below
  kDeleted,   // of such a change only `path` is set
};

// One entry of a layer. Paths are relative to the root, without "./" and without a trailing "/".
struct Change {
  ChangeKind kind = ChangeKind::kModified;
  std::string path{};
  mode_t mode = 0;  // with the type bits of stat(2)
  Owner owner{};
  std::uint64_t size = 0;  // of regular files; 0 for hard links
  Timestamp mtime{};
  dev_t device = 0;           // of device nodes
  std::string link_target{};  // of symlinks
  std::string hardlink_to{};  // the path of an earlier change with the same inode, or ""
  sys::Xattrs xattrs{};       // in the image's terms: no marks of overlayfs

  bool operator==(const Change&) const = default;
};

using Changes = std::vector<Change>;

}  // namespace cairn::overlay
