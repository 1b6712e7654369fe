// SPDX-License-Identifier: Apache-2.0
//
// Picks a codec: for reading by the magic number, whatever a media type or a name claims, for
// writing by the caller's choice. Also the parts that the codecs share: a source that can look
// ahead, which the magic number and the ends of frames need, and the guard against decompression
// bombs.
#include "base/compress.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/internal/codecs.h"
#include "base/text.h"

namespace cairn {
namespace {

class PlainSink final : public CompressingSink {
 public:
  explicit PlainSink(ByteSink& out) : out_(out) {}
  void write(std::span<const std::byte> bytes) override { out_.write(bytes); }
  void finish() override {}

 private:
  ByteSink& out_;
};

bool starts_with(std::span<const std::byte> bytes, std::string_view magic) {
  return std::ranges::equal(bytes.first(std::min(bytes.size(), magic.size())), as_bytes(magic));
}

std::unique_ptr<ByteSource> decompressing(std::unique_ptr<internal::PeekedSource> source,
                                          const DecompressLimits& limits) {
  switch (sniff_compression(source->peek(4))) {
    case Compression::kGzip: return internal::gunzipping(std::move(source), limits);
    case Compression::kZstd: return internal::unzstding(std::move(source), limits);
    case Compression::kNone: break;
  }
  return source;
}

}  // namespace

Compression sniff_compression(std::span<const std::byte> first_bytes) {
  unsigned char magic[4] = {};
  std::memcpy(magic, first_bytes.data(), std::min<std::size_t>(first_bytes.size(), 4));
  // RFC 1952, 2.3.1: ID1 and ID2.
  if (magic[0] == 0x1f && magic[1] == 0x8b) return Compression::kGzip;
  bool is_frame = magic[0] == 0x28 && magic[1] == 0xb5 && magic[2] == 0x2f && magic[3] == 0xfd;
  // RFC 8878, 3.1.2: a skippable frame may come first.
  bool is_skippable =
      (magic[0] & 0xf0) == 0x50 && magic[1] == 0x2a && magic[2] == 0x4d && magic[3] == 0x18;
  return is_frame || is_skippable ? Compression::kZstd : Compression::kNone;
}

std::unique_ptr<ByteSource> decompressing(ByteSource& source, const DecompressLimits& limits) {
  return decompressing(std::make_unique<internal::PeekedSource>(source), limits);
}

std::unique_ptr<ByteSource> decompressing_archive(ByteSource& source,
                                                  const DecompressLimits& limits) {
  using namespace std::string_view_literals;
  auto peeked = std::make_unique<internal::PeekedSource>(source);
  std::span<const std::byte> head = peeked->peek(6);
  // xz file format, 2.1.1.1.
  if (starts_with(head, "\3757zXZ\0"sv)) return internal::unxzing(std::move(peeked), limits);
  if (starts_with(head, "BZh"sv)) return internal::bunzipping(std::move(peeked), limits);
  return decompressing(std::move(peeked), limits);
}

bool has_level(Compression compression, int level) {
  switch (compression) {
    case Compression::kGzip: return level >= 0 && level <= 9;
    case Compression::kZstd: return level >= 1 && level <= 22;
    case Compression::kNone: break;
  }
  return false;
}

std::unique_ptr<CompressingSink> compressing(Compression compression, ByteSink& out,
                                             std::size_t threads, std::optional<int> level) {
  CAIRN_ASSERT(!level || has_level(compression, *level), "a level that the codec does not have");
  switch (compression) {
    case Compression::kGzip: return internal::gzipping(out, threads, level.value_or(3));
    case Compression::kZstd: return internal::zstding(out, threads, level.value_or(3));
    case Compression::kNone: break;
  }
  return std::make_unique<PlainSink>(out);
}

namespace internal {

// Moves the unread bytes to the front of the buffer when more are wanted. Codecs take nearly all of
// a buffer at a time, so little is moved.
std::span<const std::byte> PeekedSource::peek(std::size_t count) {
  while (unread_.size() < count) {
    if (!unread_.empty()) std::memmove(buffer_.data(), unread_.data(), unread_.size());
    unread_ = std::span(buffer_).first(unread_.size());
    std::size_t got = inner_.read(std::span(buffer_).subspan(unread_.size()));
    if (got == 0) break;
    taken_ += got;
    unread_ = std::span(buffer_).first(unread_.size() + got);
  }
  return unread_;
}

std::size_t PeekedSource::read(std::span<std::byte> buffer) {
  if (unread_.empty()) {
    std::size_t got = inner_.read(buffer);
    taken_ += got;
    return got;
  }
  std::size_t count = std::min(buffer.size(), unread_.size());
  std::memcpy(buffer.data(), unread_.data(), count);
  skip(count);
  return count;
}

void BombGuard::count(std::uint64_t input_total, std::uint64_t more_output) {
  output_ += more_output;
  if (output_ > limits_.max_bytes) {
    throw Error::of(ErrorKind::kLimit, "compressed data unpacks to more than {}",
                    human_size(limits_.max_bytes));
  }
  // A source may report no input yet when output is counted: never divide by zero.
  if (output_ > limits_.free_bytes &&
      output_ / std::max<std::uint64_t>(input_total, 1) > limits_.max_ratio) {
    throw Error::of(ErrorKind::kLimit, "compressed data unpacks to more than {} times its size",
                    limits_.max_ratio);
  }
}

}  // namespace internal
}  // namespace cairn
