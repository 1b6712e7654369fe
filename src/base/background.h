// SPDX-License-Identifier: Apache-2.0
//
// A thread between the two ends of a stream, so that producing bytes overlaps with consuming them:
// inflating with writing files, reading files with hashing. The queue bounds the memory.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/stream.h"

namespace cairn {

// A bounded queue of pieces between one writing and one reading thread. Safe from any thread.
class ByteQueue {
 public:
  using Piece = std::vector<std::byte>;

  // Waits while the queue is full. Returns false once the reader has stopped.
  bool push(Piece piece);
  // Waits for a piece; an empty one means the end. Rethrows the failure of the writer.
  Piece pop();
  void end(std::exception_ptr failure);  // called by the writer
  void stop();                           // called by the reader
  Piece spare();                         // a used piece to refill, or an empty one
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

// Reads `inner` (borrowed) ahead on a thread of its own. read() throws what `inner` failed with.
// One thread may read.
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

// Writes to `inner` (borrowed) on a thread of its own. A failure of `inner` is thrown by a later
// write() or by finish(), which waits until the last byte is written. Without finish() the rest may
// be lost. One thread may write.
class WriteBehindSink final : public ByteSink {
 public:
  explicit WriteBehindSink(ByteSink& inner);
  ~WriteBehindSink() override;
  void write(std::span<const std::byte> bytes) override;
  void write_piece(ByteQueue::Piece piece);            // without a copy
  ByteQueue::Piece spare() { return queue_.spare(); }  // a used piece to refill, or an empty one
  void finish();

 private:
  ByteQueue queue_;
  std::exception_ptr failure_;  // of the thread; read only after join()
  std::jthread thread_;
};

}  // namespace cairn
