// SPDX-License-Identifier: Apache-2.0
//
// What a COPY of the client's files knows of them while it copies: how each was when it was
// digested, so that one changed since is noticed; and an earlier copy of the same tree, from which
// unchanged files are taken by hard link instead of being copied again.
//
// An earlier copy is a snapshot of the same line with the same options: equal files of it have
// equal metadata too. Two names of one view share an inode only where the source has a hard link,
// so files that have several names now or had them then are always copied.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "cache/stat_index.h"
#include "overlay/copy.h"

namespace cairn::solver {

// Where a tree was copied to before.
struct EarlierCopy {
  std::string snapshot;
  cache::StatIndex files;  // as they were then
  sys::RootDir layer;      // that holds them
  std::string into;        // the directory in it
};

class KnownFiles final : public overlay::KnownTree {
 public:
  explicit KnownFiles(std::shared_ptr<const cache::StatIndex> files,
                      std::shared_ptr<const EarlierCopy> earlier = nullptr)
      : files_(std::move(files)), earlier_(std::move(earlier)) {}

  std::unique_ptr<overlay::KnownDirectory> directory(const std::string& below) override;

  // Whether what is there, now that all is copied, is not what was digested.
  bool have_changed() const;
  // Whether any was linked.
  bool have_links() const { return linked_; }
  // Of the files that were not.
  std::int64_t copied_bytes() const { return copied_bytes_; }

 private:
  class Directory;

  std::shared_ptr<const cache::StatIndex> files_;
  std::shared_ptr<const EarlierCopy> earlier_;
  std::atomic<bool> changed_ = false;
  std::atomic<std::size_t> found_ = 0;  // of the files that were digested
  std::atomic<bool> linked_ = false;
  std::atomic<std::int64_t> copied_bytes_ = 0;
};

}  // namespace cairn::solver
