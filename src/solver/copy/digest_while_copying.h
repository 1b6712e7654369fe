// SPDX-License-Identifier: Apache-2.0
//
// Digests the client's files while a COPY copies them, if no index covers them yet, so that each
// file is read once. A digest of the tree afterwards finds all files in the new index, and tells
// whether any has changed since it was copied.
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

class DigestWhileCopying final : public overlay::KnownTree {
 public:
  // Files copied from now on are added to the index at `place`.
  explicit DigestWhileCopying(cache::IndexPlace place)
      : place_(std::move(place)), writer_(place_.tmp_dir, place_.now, nullptr) {}

  std::unique_ptr<overlay::KnownDirectory> directory(const std::string& below) override;
  void finished(const std::string& below) override;

  // Publishes the index. Call it after the copy.
  void finish() { index_.emplace(writer_.finish(place_.file)); }
  // Whether a later digest saw exactly the files that were copied, unchanged since.
  bool are(const cache::StatIndex& digested) const;

 private:
  class Directory;
  // The stamp is taken before the file is read.
  struct File {
    std::string name;
    cache::FileStamp stamp;
    Digest digest;
  };

  cache::IndexPlace place_;
  cache::StatIndexWriter writer_;
  std::optional<cache::StatIndex> index_;
  std::mutex mutex_;
  std::map<std::string, std::vector<File>> files_;  // per directory that is being copied
  std::set<std::string> other_names_;  // of files with several names, which have no digest
};

}  // namespace cairn::solver
