// SPDX-License-Identifier: Apache-2.0
//
// The content of a tree, independent of times: the content key of COPY (K06).
//
// The digest of a file covers type, mode, owner, size, link target, device numbers, xattrs and
// bytes, but neither times nor its name. The digest of a directory covers its own header and the
// sorted names and digests of its entries. So `touch` changes nothing; `chmod`, or a rename inside,
// does.
//
// Several threads read a tree. If it has an index, only files changed since are read; the digest is
// the same either way. All functions are thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/digest.h"
#include "base/stream.h"
#include "base/sys/root_dir.h"
#include "cache/content_options.h"
#include "cache/stat_index.h"

namespace cairn::cache {
namespace internal {
class ContentHash;
}

// The digest of `path` in `root`, symlinks followed inside it. If `path` is a directory, its own
// header does not count, since COPY does not apply it. Throws kCancelled, kLimit, and kHost for a
// file that keeps changing.
Digest content_digest(const sys::RootDir& root, const std::string& path,
                      const ContentOptions& options);

// Computes the digest of one regular file, owner ignored, for callers that read its bytes anyway.
class FileDigester final : public ByteSink {
 public:
  // `st` and the names `xattrs` are those of the open `file`.
  FileDigester(const sys::Fd& file, const struct stat& st, const std::vector<std::string>& xattrs);
  ~FileDigester() override;
  // Takes all bytes of the file, in order.
  void write(std::span<const std::byte> bytes) override;
  Digest finish();

 private:
  Sha256 hash_;
  std::unique_ptr<internal::ContentHash> content_;
};

// Where a tree's index is kept, and the directory for the temporary file that is renamed to it;
// asked for only if an index is written.
struct IndexPlace {
  std::string file;
  std::function<std::string()> tmp_dir;
  Timestamp now = file_clock();
};

struct IndexedContent {
  Digest digest;
  // The regular files that were digested, in their state at that time, with directories as paths
  // below `path`. A single file is "" in "". Null for other types.
  std::shared_ptr<const StatIndex> files;
};

// The same for a tree that was probably read before: uses its index and updates it. Ignores owners.
IndexedContent indexed_content(const sys::RootDir& root, const std::string& path,
                               const ContentOptions& options, const IndexPlace& place);

}  // namespace cairn::cache
