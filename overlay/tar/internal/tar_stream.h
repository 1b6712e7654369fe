// SPDX-License-Identifier: Apache-2.0
//
// Changes to one stream of tar bytes with several threads: the walker adds changes, others read the
// files, and one passes the bytes on in the order of the changes. A small stream starts no thread.
#pragma once

#include <cstdint>
#include <deque>
#include <future>
#include <optional>
#include <vector>

#include "base/background.h"
#include "base/thread_pool.h"
#include "overlay/internal/walk.h"
#include "overlay/tar/internal/tar_reader.h"

namespace cairn::overlay::internal {

class TarStream {
 public:
  // Borrows `sink`, and writes to it from another thread until finish() returns.
  explicit TarStream(ByteSink& sink) : sink_(sink) {}

  void add(Change change, Content content);
  void finish();  // writes the end of the archive

 private:
  using Piece = ByteQueue::Piece;
  struct Entry {
    Change change;
    Content content;
  };
  // What one thread turns into one piece of the stream.
  struct Batch {
    std::vector<Entry> entries = {};
    std::uint64_t bytes = 0;
    std::size_t files = 0;
  };

  static void encode(Batch& batch, Piece& piece);
  void submit();
  void add_large(Entry entry);
  void add_sparse(const Change& change, const Content& content,
                  const std::vector<TarExtent>& extents);
  void pass_on_oldest();
  void start();

  ByteSink& sink_;
  Batch batch_;
  std::optional<WriteBehindSink> behind_;
  std::deque<ThreadPool::Result<Piece>> coming_;
  std::optional<ThreadPool> readers_;  // last: its threads end before the rest goes
};

}  // namespace cairn::overlay::internal
