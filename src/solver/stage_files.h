// SPDX-License-Identifier: Apache-2.0
//
// What a COPY of another stage's files knows of them: where each lies in the store, so that it can
// be had by hard link. A snapshot is never written to again, and what a later RUN changes is copied
// up by overlayfs first.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "overlay/copy.h"
#include "solver/shared_files.h"

namespace cairn::solver {

class StageFiles final : public overlay::KnownTree {
 public:
  // What `path`, a real one, names in `snapshot`: the directory whose contents the job copies, or
  // the file.
  StageFiles(const Job& job, const std::string& snapshot, std::string path, bool is_directory);

  std::unique_ptr<overlay::KnownDirectory> directory(const std::string& below) override;
  bool wants_stats() const override { return true; }
  std::optional<sys::Fd> bare() const override;

  // The layers that files were linked from.
  LayerIds donors() const;
  // Of the files that were not linked.
  std::int64_t copied_bytes() const { return copied_bytes_; }

 private:
  class Directory;
  struct Layer {
    Layer(std::string id, sys::RootDir root, bool lends_again)
        : id(std::move(id)), root(std::move(root)), lends_again(lends_again) {}
    std::string id;
    sys::RootDir root;
    bool lends_again;  // files that have several names in the store
    std::atomic<bool> has_lent = false;
  };

  std::deque<Layer> layers_;  // the highest first
  std::string dir_;           // that is copied, or that holds the file
  std::string file_;          // "" for a directory
  sys::Fd bare_;              // `dir_` in the layer that alone has it
  std::atomic<std::int64_t> copied_bytes_ = 0;
};

}  // namespace cairn::solver
