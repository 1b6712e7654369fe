// SPDX-License-Identifier: Apache-2.0
//
// A thread between two ends of a stream, so that making bytes and using them overlap: inflating and
// writing files, reading files and hashing. Memory is bounded by the queue.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/stream.h"

namespace cairn {

// Pieces on their way from one thread to another. Safe from any thread.
class ByteQueue {
 public:
  using Piece = std::vector<std::byte>;

  // False once the far side has stopped: nobody wants more.
  bool push(Piece piece);
  // An empty piece is the end. Throws what the far side failed with.
  Piece pop();
  void end(std::exception_ptr failure);  // by the writing side
  void stop();                           // by the reading side
  Piece spare();                         // memory of a used piece, if there is one
  void give_back(Piece piece);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Piece> pieces_;
  std::vector<Piece> spares_;
  std::exception_ptr failure_;
  bool ended_ = false;
  bool stopped_ = false;
};

// Reads `inner` (borrowed) ahead on a thread of its own. Its failures come out of read().
class ReadAheadSource final : public ByteSource {
 public:
  explicit ReadAheadSource(ByteSource& inner);
  ~ReadAheadSource() override;
  std::size_t read(std::span<std::byte> buffer) override;

 private:
  ByteQueue queue_;
  ByteQueue::Piece piece_;
  std::size_t used_ = 0;
  bool ended_ = false;
  std::jthread thread_;
};

// Writes to `inner` (borrowed) on a thread of its own. Its failures come out of a later write() or
// of finish(), which waits for the last byte; without finish() the rest is dropped.
class WriteBehindSink final : public ByteSink {
 public:
  explicit WriteBehindSink(ByteSink& inner);
  ~WriteBehindSink() override;
  void write(std::span<const std::byte> bytes) override;
  void write_piece(ByteQueue::Piece piece);            // without a copy
  ByteQueue::Piece spare() { return queue_.spare(); }  // memory for one, if there is any
  void finish();

 private:
  ByteQueue queue_;
  std::exception_ptr failure_;  // of the thread; read after it has ended
  std::jthread thread_;
};

}  // namespace cairn
