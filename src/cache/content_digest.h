// SPDX-License-Identifier: Apache-2.0
//
// What a tree is, apart from when it was made: the content key of COPY (FEATURES K06).
//
// The digest of a file covers type, mode, owner, size, link target, device numbers, attributes and
// bytes, but no time and not its own name; that of a directory covers its own header and the sorted
// names and digests of its entries. So `touch` changes nothing, `chmod` and a rename inside do.
//
// Trees are read by several threads. Of a tree that has an index only those files are read that
// changed since; the digest is the same.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/digest.h"
#include "base/path_filter.h"
#include "base/stream.h"
#include "base/sys/root_dir.h"
#include "cache/stat_index.h"

namespace cairn::cache {

struct ContentOptions {
  const PathFilter* filter = nullptr;
  bool ignore_owner = false;  // files of the build context belong to nobody in particular
  std::stop_token stop = {};
  std::size_t threads = 0;  // at most; 0 is one for each processor
  // To be read at most, beyond what an index knows; more is a kLimit error, for who would rather do
  // it another way.
  std::uint64_t most_bytes = UINT64_MAX;
};

// The digest of what `path` names in `root`, symlinks followed inside it. The header of a directory
// at the top does not count: COPY does not apply it.
Digest content_digest(const sys::RootDir& root, const std::string& path,
                      const ContentOptions& options);

// The digest that a regular file has in such a tree, its owner ignored, for who reads it anyway.
class FileDigester final : public ByteSink {
 public:
  // Of the open file, which has this stat and attributes of these names.
  FileDigester(const sys::Fd& file, const struct stat& st, const std::vector<std::string>& xattrs);
  // All its bytes, in order.
  void write(std::span<const std::byte> bytes) override { hash_.update(bytes); }
  Digest finish() { return hash_.finish(); }

 private:
  Sha256 hash_;
};

// Where a tree's index is kept, and where files are made that will be renamed to it.
struct IndexPlace {
  std::string file;
  std::string tmp_dir;
  Timestamp now = file_clock();
};

struct IndexedContent {
  Digest digest;
  // The regular files that went into it, as they were: directories by their paths below `path`. A
  // single file is "" in "". Null for what is neither.
  std::shared_ptr<const StatIndex> files;
};

// The same for a tree that was most likely read before: looks into its index, and brings that up to
// date. Owners are ignored.
IndexedContent indexed_content(const sys::RootDir& root, const std::string& path,
                               const ContentOptions& options, const IndexPlace& place);

}  // namespace cairn::cache
