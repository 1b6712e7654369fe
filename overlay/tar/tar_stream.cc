// SPDX-License-Identifier: Apache-2.0
//
// Small entries are put together into batches; each batch is read and encoded by one thread of a
// pool into one piece of the stream. Pieces wait in a queue in the order of the walk. A large file
// is read by the walking thread itself, in pieces, while another thread passes on those before it.
// All queues are bounded, so memory is, too.
#include "overlay/tar/internal/tar_stream.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/limits.h"
#include "base/sys/copy.h"
#include "overlay/tar/internal/tar_encoder.h"

namespace cairn::overlay::internal {
namespace {

// A batch takes long compared to handing it over, fits a core's cache, and holds few descriptors.
constexpr std::uint64_t kTarBatchBytes = 256 << 10;
constexpr std::size_t kTarBatchFiles = 32;
// Files above kLarge bypass the batches and are passed on in pieces of kPiece bytes.
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
  batch_.bytes += kBlock + change.size + padding(change.size) + change.path.size() +
                  change.link_target.size() + change.hardlink_to.size();
  if (has_content(change)) ++batch_.files;
  batch_.entries.push_back({std::move(change), std::move(content)});
  if (batch_.bytes >= kTarBatchBytes || batch_.files == kTarBatchFiles) submit();
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
               piece = behind_->spare()]() mutable {
    piece.clear();
    encode(*batch, piece);
    return std::move(piece);
  };
  coming_.push_back(readers_->run(std::move(task)));
  // Enough to keep every reader busy while the oldest piece is being written.
  if (coming_.size() > 2 * readers_->size() + 1) pass_on_oldest();
}

void TarStream::pass_on_oldest() {
  ThreadPool::Result<Piece> oldest = std::move(coming_.front());
  coming_.pop_front();
  behind_->write_piece(oldest.get());
}

// Reads the file here, while the earlier pieces are being passed on.
void TarStream::add_large(Entry entry) {
  submit();
  start();
  while (!coming_.empty()) pass_on_oldest();
  Change& change = entry.change;
  open_content(change, entry.content);
  if (change.size >= limits::kSparseFile) {
    std::vector<TarExtent> extents = find_extents(entry.content.open, change.size);
    bool is_whole = extents.size() == 1 && extents[0].size == change.size;
    if (!is_whole) return add_sparse(change, entry.content, extents);
    sys::rewind(entry.content.open);
  }
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

void TarStream::add_sparse(const Change& change, const Content& content,
                           const std::vector<TarExtent>& extents) {
  Piece piece = behind_->spare();
  piece.clear();
  TarEncoder(piece).put_sparse_header(change, extents);
  behind_->write_piece(std::move(piece));
  std::uint64_t stored = 0;
  for (const TarExtent& extent : extents) {
    sys::seek_to(content.open, extent.offset);
    stored += extent.size;
    for (std::uint64_t left = extent.size; left > 0;) {
      Piece data = behind_->spare();
      data.clear();
      auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, kPiece));
      TarEncoder(data).put_content(change, content.open, count);
      left -= count;
      behind_->write_piece(std::move(data));
    }
  }
  // The padding follows the stored bytes, not the size of the file with its holes.
  Piece end(padding(stored));
  behind_->write_piece(std::move(end));
}

void TarStream::finish() {
  Piece last;
  if (readers_) {
    submit();
    while (!coming_.empty()) pass_on_oldest();
  } else {
    encode(batch_, last);
    // Nothing was handed out: the whole stream is one piece.
  }
  TarEncoder(last).put_end();
  if (!behind_) return sink_.write(last);
  behind_->write_piece(std::move(last));
  behind_->finish();
}

}  // namespace cairn::overlay::internal
