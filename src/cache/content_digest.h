// SPDX-License-Identifier: Apache-2.0
//
// What a tree is, apart from when it was made: the content key of COPY (FEATURES K06).
//
// The digest of a file covers type, mode, owner, size, link target, device numbers, attributes and
// bytes, but no time and not its own name; that of a directory covers its own header and the sorted
// names and digests of its entries. So `touch` changes nothing, `chmod` and a rename inside do.
#pragma once

#include <stop_token>
#include <string>

#include "base/digest.h"
#include "base/path_filter.h"
#include "base/sys/root_dir.h"

namespace cairn::cache {

struct ContentOptions {
  const PathFilter* filter = nullptr;
  bool ignore_owner = false;  // files of the build context belong to nobody in particular
  std::stop_token stop;
};

// The digest of what `path` names in `root`, symlinks followed inside it. The header of a directory
// at the top does not count: COPY does not apply it.
Digest content_digest(const sys::RootDir& root, const std::string& path,
                      const ContentOptions& options);

}  // namespace cairn::cache
