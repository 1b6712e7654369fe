// SPDX-License-Identifier: Apache-2.0
//
// Two uses of a stat index during a COPY of the client's files. It holds the state of each file
// when it was digested, so that a later change is noticed. And it compares that state with an
// earlier copy of the same tree, whose unchanged files are hard-linked instead of being copied
// again.
//
// An earlier copy is a snapshot of the same line with the same options, so equal files also have
// equal metadata. Two names in one view may share an inode only where the source has a hard link,
// so a file that has several names now, or had then, is always copied.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "cache/stat_index.h"
#include "overlay/copy.h"
#include "store/snapshot_id.h"

namespace cairn::solver {

// Where a tree was copied to before.
struct PreviousCopy {
  store::SnapshotId snapshot;
  cache::StatIndex files;  // their state at that time
  sys::RootDir layer;      // the layer that holds them
  std::string into;        // the directory in it that they were copied to
};

class ReusePreviousCopy final : public overlay::KnownTree {
 public:
  explicit ReusePreviousCopy(std::shared_ptr<const cache::StatIndex> files,
                             std::shared_ptr<const PreviousCopy> earlier = nullptr)
      : files_(std::move(files)), earlier_(std::move(earlier)) {}

  std::unique_ptr<overlay::KnownDirectory> directory(const std::string& below) override;

  // Whether a file was changed, added or removed between digest and copy. Call it after the copy.
  bool have_changed() const;
  // Whether any file was linked.
  bool have_links() const { return linked_; }
  // The size of the files that were copied, not linked, in bytes.
  std::int64_t copied_bytes() const { return copied_bytes_; }

 private:
  class Directory;

  std::shared_ptr<const cache::StatIndex> files_;
  std::shared_ptr<const PreviousCopy> earlier_;
  std::atomic<bool> changed_ = false;
  std::atomic<std::size_t> found_ = 0;  // how many of the digested files were met
  std::atomic<bool> linked_ = false;
  std::atomic<std::int64_t> copied_bytes_ = 0;
};

}  // namespace cairn::solver
