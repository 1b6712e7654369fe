// SPDX-License-Identifier: Apache-2.0
#include "overlay/internal/tar_stream.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/error.h"
#include "overlay/internal/tar_encoder.h"

namespace cairn::overlay::internal {
namespace {

// A batch is long against handing it over, small enough for a core's cache, and holds few
// descriptors.
constexpr std::uint64_t kBatchBytes = 256 << 10;
constexpr std::size_t kBatchFiles = 32;
// A larger file is passed on in pieces of this size.
constexpr std::uint64_t kLarge = 128 << 10;
constexpr std::size_t kPiece = 256 << 10;
constexpr std::size_t kMaxReaders = 4;

bool has_content(const Change& change) {
  return change.kind != ChangeKind::kDeleted && S_ISREG(change.mode) && change.hardlink_to.empty();
}

}  // namespace

void TarStream::add(Change change, Content content) {
  if (has_content(change) && change.size > kLarge) {
    return add_large({std::move(change), std::move(content)});
  }
  batch_.bytes += kBlock + change.size + padding(change.size);
  if (has_content(change)) ++batch_.files;
  batch_.entries.push_back({std::move(change), std::move(content)});
  if (batch_.bytes >= kBatchBytes || batch_.files == kBatchFiles) submit();
}

void TarStream::encode(Batch& batch, Piece& piece) {
  TarEncoder encoder(piece);
  for (Entry& entry : batch.entries) {
    Change& change = entry.change;
    open_content(change, entry.content);
    encoder.put_header(change);
    if (!has_content(change)) continue;
    encoder.put_content(change, entry.content.open, static_cast<std::size_t>(change.size));
    encoder.put_padding(change);
    entry.content.open.reset();
  }
}

void TarStream::start() {
  if (readers_) return;
  behind_.emplace(sink_);
  std::size_t processors = std::thread::hardware_concurrency();
  readers_.emplace(std::clamp<std::size_t>(processors, 1, kMaxReaders));
}

void TarStream::submit() {
  if (batch_.entries.empty()) return;
  start();
  auto task = [batch = std::make_shared<Batch>(std::exchange(batch_, {})),
               where = BorrowedErrorContext::mine(), piece = behind_->spare()]() mutable {
    BorrowedErrorContext where_the_caller_is(where);
    piece.clear();
    encode(*batch, piece);
    return std::move(piece);
  };
  coming_.push_back(readers_->run(std::move(task)));
  if (coming_.size() > 2 * readers_->size() + 1) pass_on_oldest();
}

void TarStream::pass_on_oldest() {
  std::future<Piece> oldest = std::move(coming_.front());
  coming_.pop_front();
  behind_->write_piece(oldest.get());
}

// Read here while the pieces before are being passed on.
void TarStream::add_large(Entry entry) {
  submit();
  start();
  while (!coming_.empty()) pass_on_oldest();
  Change& change = entry.change;
  open_content(change, entry.content);
  std::uint64_t left = change.size;
  for (bool first = true; left > 0; first = false) {
    Piece piece = behind_->spare();
    piece.clear();
    TarEncoder encoder(piece);
    if (first) encoder.put_header(change);
    auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, kPiece));
    encoder.put_content(change, entry.content.open, count);
    left -= count;
    if (left == 0) encoder.put_padding(change);
    behind_->write_piece(std::move(piece));
  }
}

void TarStream::finish() {
  Piece last;
  if (readers_) {
    submit();
    while (!coming_.empty()) pass_on_oldest();
  } else {
    encode(batch_, last);
  }
  TarEncoder(last).put_end();
  if (!behind_) return sink_.write(last);
  behind_->write_piece(std::move(last));
  behind_->finish();
}

}  // namespace cairn::overlay::internal
