// SPDX-License-Identifier: Apache-2.0
//
// One mutex and one condition variable serve both directions: the queue is short and pieces are
// large, so contention does not matter. Used pieces go back to the writer, so a long stream
// allocates memory only for its first few pieces. Each side can end the stream: the reader with
// stop(), the writer with end(), which carries its exception across.
#include "base/background.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/attempt.h"
#include "base/error.h"

namespace cairn {
namespace {

// Together these bound a stream to 2 MiB in the queue, and as much in spare pieces.
constexpr std::size_t kPieceSize = 256 << 10;
constexpr std::size_t kMaxPieces = 8;

}  // namespace

bool ByteQueue::push(Piece piece) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopped_ || pieces_.size() < kMaxPieces; });
  if (stopped_) return false;
  pieces_.push_back(std::move(piece));
  changed_.notify_all();
  return true;
}

ByteQueue::Piece ByteQueue::pop() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ended_ || !pieces_.empty(); });
  // The writer's failure comes after the pieces that it made before.
  if (pieces_.empty()) {
    if (failure_) rethrow_here(failure_);
    return {};
  }
  Piece piece = std::move(pieces_.front());
  pieces_.pop_front();
  changed_.notify_all();
  return piece;
}

void ByteQueue::end(std::exception_ptr failure) {
  std::lock_guard lock(mutex_);
  ended_ = true;
  failure_ = std::move(failure);
  changed_.notify_all();
}

void ByteQueue::stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

ByteQueue::Piece ByteQueue::spare() {
  std::lock_guard lock(mutex_);
  if (spares_.empty()) return {};
  Piece piece = std::move(spares_.back());
  spares_.pop_back();
  return piece;
}

void ByteQueue::give_back(Piece piece) {
  std::lock_guard lock(mutex_);
  if (spares_.size() < kMaxPieces) spares_.push_back(std::move(piece));
}

ReadAheadSource::ReadAheadSource(ByteSource& inner) {
  thread_ = std::jthread([this, &inner] {
    queue_.end(exception_of([&] {
      while (true) {
        ByteQueue::Piece piece = queue_.spare();
        piece.resize(kPieceSize);
        std::size_t count = 0;
        // Always fills a piece: a source that returns few bytes per call must not cost one
        // hand-over each.
        while (count < piece.size()) {
          std::size_t got = inner.read(std::span(piece).subspan(count));
          if (got == 0) break;
          count += got;
        }
        piece.resize(count);
        if (count == 0 || !queue_.push(std::move(piece))) break;
      }
    }));
  });
}

ReadAheadSource::~ReadAheadSource() {
  queue_.stop();
}

std::size_t ReadAheadSource::read(std::span<std::byte> buffer) {
  if (used_ == piece_.size()) {
    if (ended_) return 0;
    queue_.give_back(std::exchange(piece_, {}));
    used_ = 0;  // before pop(), which may throw: the next read() then sees an empty piece
    piece_ = queue_.pop();
    ended_ = piece_.empty();
    if (ended_) return 0;
  }
  std::size_t count = std::min(buffer.size(), piece_.size() - used_);
  std::memcpy(buffer.data(), piece_.data() + used_, count);
  used_ += count;
  return count;
}

WriteBehindSink::WriteBehindSink(ByteSink& inner) {
  thread_ = std::jthread([this, &inner] {
    failure_ = exception_of([&] {
      while (true) {
        ByteQueue::Piece piece = queue_.pop();
        if (piece.empty()) break;
        inner.write(piece);
        // Returned after the write, so that the writer never fills memory which is still being
        // read.
        queue_.give_back(std::move(piece));
      }
    });
    queue_.stop();
  });
}

// Without finish() the caller has failed already. Queued bytes may still be written, but a failure
// of the thread is ignored.
WriteBehindSink::~WriteBehindSink() {
  queue_.end(nullptr);
}

void WriteBehindSink::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    ByteQueue::Piece piece = queue_.spare();
    std::size_t count = std::min(bytes.size(), kPieceSize);
    piece.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
    bytes = bytes.subspan(count);
    write_piece(std::move(piece));
  }
}

void WriteBehindSink::write_piece(ByteQueue::Piece piece) {
  if (!piece.empty() && !queue_.push(std::move(piece))) finish();  // throws what stopped the thread
}

void WriteBehindSink::finish() {
  queue_.end(nullptr);
  if (thread_.joinable()) thread_.join();
  if (failure_) rethrow_here(failure_);
}

}  // namespace cairn
