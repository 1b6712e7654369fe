// SPDX-License-Identifier: Apache-2.0
//
// The walk behind content_digest(). Directories are tasks, and so are batches of files to read.
// Whoever finishes the last entry of a directory finishes the directory, which is then an entry of
// its parent. Only directories that lead to current work are open at any moment.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/task_stack.h"
#include "cache/content_options.h"
#include "cache/internal/entry_digest.h"

namespace cairn::cache::internal {

class TreeScan {
 public:
  // `known` and `writer` are null for a tree without an index. Borrows its arguments.
  TreeScan(const ContentOptions& options, const StatIndex* known, StatIndexWriter* writer)
      : options_(options), known_(known), writer_(writer), tasks_(options.threads) {}

  // The digest of the entries below `top`, whose path in its root is `path`. Call it once.
  Digest run(sys::Fd top, const std::string& path);

 private:
  struct Entry;
  struct Directory;
  using Shared = std::shared_ptr<Directory>;

  void open(const Shared& dir);
  void list(const Shared& dir);
  void look_at(Directory& dir, std::string name);
  void look_at_file(Directory& dir, std::size_t place, const struct stat& st);
  void open_directories(const Shared& dir);
  void read_files(const Shared& dir);
  void read_batch(const Shared& dir, std::size_t first, std::size_t last);
  void done_with_one(Shared dir);
  std::optional<Digest> finish(Directory& dir);
  void tell_writer(Directory& dir);
  Owners owners() const { return options_.ignore_owner ? Owners::kIgnored : Owners::kCount; }

  const ContentOptions& options_;
  const StatIndex* known_;
  StatIndexWriter* writer_;
  TaskStack tasks_;
  std::atomic<std::uint64_t> bytes_to_read_ = 0;
  std::optional<Digest> result_;
};

}  // namespace cairn::cache::internal
