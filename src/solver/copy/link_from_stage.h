// SPDX-License-Identifier: Apache-2.0
//
// Hard-links files that a COPY takes unchanged from another stage, from where they lie in the
// store. That is safe: a snapshot is never written again, and overlayfs copies a file up before a
// later RUN changes it.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "overlay/copy.h"
#include "solver/copy/inode_sharing.h"

namespace cairn::solver {

class LinkFromStage final : public overlay::KnownTree {
 public:
  // `path` has its symlinks resolved in `snapshot`. It names the directory whose contents the job
  // copies, or a single file.
  LinkFromStage(const Job& job, const SnapshotId& snapshot, std::string path, bool is_directory);

  std::unique_ptr<overlay::KnownDirectory> directory(const std::string& below) override;
  bool wants_stats() const override { return true; }
  std::optional<sys::Fd> layer_directory() const override;

  // The layers that files were linked from.
  LayerIds link_sources() const;
  // The size of the files that were copied, not linked, in bytes.
  std::int64_t copied_bytes() const { return copied_bytes_; }

 private:
  class Directory;
  struct Layer {
    Layer(SnapshotId id, sys::RootDir root, bool may_link_again)
        : id(std::move(id)), root(std::move(root)), may_link_again(may_link_again) {}
    SnapshotId id;
    sys::RootDir root;
    bool may_link_again;  // also files that have several names in the store
    std::atomic<bool> is_link_source = false;
  };

  std::deque<Layer> layers_;  // the highest first
  std::string dir_;           // the directory that is copied, or that holds the file
  std::string file_;          // the file's name; "" for a directory
  sys::Fd layer_directory_;   // `dir_` in its layer, if only one layer has it
  std::atomic<std::int64_t> copied_bytes_ = 0;
};

}  // namespace cairn::solver
