// SPDX-License-Identifier: Apache-2.0
//
// Reads bzip2 by libarchive, for archives: through its "raw" format, which gives one member with
// all bytes. Its memory is bounded by the format, whose blocks are at most 900 kB.

#include "base/archive_reader.h"
#include "base/internal/codecs.h"
#include "base/sys/libarchive.h"

namespace cairn::internal {
namespace {

class Bzip2Source final : public ByteSource {
 public:
  Bzip2Source(std::unique_ptr<PeekedSource> source, const DecompressLimits& limits)
      : source_(std::move(source)), guard_(limits), reader_(*source_, "damaged bzip2 data") {
    // Exactly one: a filter that is only allowed would undo bzip2 in bzip2, 25 times over.
    sys::libarchive().archive_read_append_filter(reader_.get(), ARCHIVE_FILTER_BZIP2);
    sys::libarchive().archive_read_support_format_raw(reader_.get());
    reader_.open();
    reader_.next();
  }

  std::size_t read(std::span<std::byte> buffer) override {
    std::size_t count = reader_.read(buffer);
    guard_.count(source_->taken(), count);
    return count;
  }

 private:
  std::unique_ptr<PeekedSource> source_;
  BombGuard guard_;
  ArchiveReader reader_;
};

}  // namespace

std::unique_ptr<ByteSource> bunzipping(std::unique_ptr<PeekedSource> source,
                                       const DecompressLimits& limits) {
  return std::make_unique<Bzip2Source>(std::move(source), limits);
}

}  // namespace cairn::internal
