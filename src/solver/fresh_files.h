// SPDX-License-Identifier: Apache-2.0
//
// What a COPY of the client's files learns of them while it copies, where nothing was known before:
// each is read once, for its copy and for its digest. Who digests the tree afterwards finds all of
// it in the index, and learns whether that still holds.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "cache/content_digest.h"
#include "cache/stat_index.h"
#include "overlay/copy.h"

namespace cairn::solver {

class FreshFiles final : public overlay::KnownTree {
 public:
  // What is copied from now on will be in the index at `place`.
  explicit FreshFiles(cache::IndexPlace place)
      : place_(std::move(place)), writer_(place_.tmp_dir, place_.now, nullptr) {}

  std::unique_ptr<overlay::KnownDirectory> directory(const std::string& below) override;
  void finished(const std::string& below) override;

  // Publishes the index, when all is copied.
  void finish() { index_.emplace(writer_.finish(place_.file)); }
  // Whether what was copied is what was digested later: the same files, as they were when they were
  // copied.
  bool are(const cache::StatIndex& digested) const;

 private:
  class Directory;
  struct File {
    std::string name;
    cache::FileStamp stamp;
    Digest digest;
  };

  cache::IndexPlace place_;
  cache::StatIndexWriter writer_;
  std::optional<cache::StatIndex> index_;
  std::mutex mutex_;
  std::map<std::string, std::vector<File>> files_;  // of directories that are being copied
  std::set<std::string> other_names_;               // of files with several, which have no digest
};

}  // namespace cairn::solver
