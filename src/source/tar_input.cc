// SPDX-License-Identifier: Apache-2.0
//
// The compression is told by magic bytes, and the content by the checksum of the first header
// block, so that a wrong file is refused at once and not unpacked halfway. Both looks must not
// consume bytes, as the input may be a pipe.
#include "source/tar_input.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/attempt.h"
#include "base/compress.h"
#include "base/error.h"
#include "base/sys/libarchive.h"

namespace cairn::source {
namespace {

// Lets the first bytes be inspected without consuming them.
class PeekedSource final : public ByteSource {
 public:
  PeekedSource(ByteSource& inner, std::size_t count) : inner_(inner), head_(count) {
    std::size_t have = 0;
    while (have < count) {
      std::size_t more = inner_.read(std::span(head_).subspan(have));
      if (more == 0) break;
      have += more;
    }
    head_.resize(have);
  }
  std::span<const std::byte> head() const { return head_; }

  std::size_t read(std::span<std::byte> buffer) override {
    if (at_ == head_.size()) return inner_.read(buffer);
    std::size_t count = std::min(buffer.size(), head_.size() - at_);
    std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(at_), count, buffer.begin());
    at_ += count;
    return count;
  }

 private:
  ByteSource& inner_;
  std::vector<std::byte> head_;
  std::size_t at_ = 0;
};

// Decompresses with libarchive through its "raw" format: one entry with all bytes. Only the two
// filters needed are enabled.
class FilteredSource final : public ByteSource {
 public:
  explicit FilteredSource(ByteSource& inner)
      : inner_(inner),
        buffer_(1 << 18),
        reader_(sys::libarchive().archive_read_new(), sys::libarchive().archive_read_free) {
    sys::libarchive().archive_read_support_filter_bzip2(reader_.get());
    sys::libarchive().archive_read_support_filter_xz(reader_.get());
    sys::libarchive().archive_read_support_format_raw(reader_.get());
    archive_entry* entry = nullptr;
    if (sys::libarchive().archive_read_open(reader_.get(), this, nullptr, refill, nullptr) !=
            ARCHIVE_OK ||
        sys::libarchive().archive_read_next_header(reader_.get(), &entry) < ARCHIVE_WARN) {
      fail();
    }
  }

  std::size_t read(std::span<std::byte> buffer) override {
    la_ssize_t count =
        sys::libarchive().archive_read_data(reader_.get(), buffer.data(), buffer.size());
    if (count < 0) fail();
    return static_cast<std::size_t>(count);
  }

 private:
  // Called from C, so an exception must not leave it: fail() rethrows it later.
  static la_ssize_t refill(archive*, void* self, const void** out) {
    auto& source = *static_cast<FilteredSource*>(self);
    *out = source.buffer_.data();
    std::size_t count = 0;
    std::exception_ptr failure = exception_of([&] { count = source.inner_.read(source.buffer_); });
    if (!failure) return static_cast<la_ssize_t>(count);
    source.error_ = failure;
    return ARCHIVE_FATAL;
  }
  [[noreturn]] void fail() {
    if (error_) std::rethrow_exception(error_);
    const char* why = sys::libarchive().archive_error_string(reader_.get());
    throw Error::of(ErrorKind::kCorrupt, "damaged compressed data: {}", why ? why : "unknown");
  }

  ByteSource& inner_;
  std::vector<std::byte> buffer_;
  std::unique_ptr<archive, int (*)(archive*)> reader_;
  std::exception_ptr error_;
};

bool starts_with(std::span<const std::byte> bytes, std::string_view magic) {
  std::span<const std::byte> wanted = as_bytes(magic);
  return bytes.size() >= wanted.size() && std::equal(wanted.begin(), wanted.end(), bytes.begin());
}

// A header block contains the sum of its bytes, with the checksum field counted as blanks; an empty
// archive is all zeros. (ustar, "Checksum". Historic writers summed signed bytes; those are too
// rare to support.)
bool looks_like_tar(std::span<const std::byte> block) {
  constexpr std::size_t kField = 148, kFieldSize = 8;
  if (block.size() < 512) return false;
  unsigned sum = 0, wanted = 0;
  bool zeros = true;
  for (std::size_t i = 0; i < 512; ++i) {
    bool in_field = i >= kField && i < kField + kFieldSize;
    auto byte = std::to_integer<unsigned>(block[i]);
    zeros = zeros && byte == 0;
    sum += in_field ? ' ' : byte;
    if (in_field && byte >= '0' && byte <= '7') wanted = wanted * 8 + (byte - '0');
  }
  return zeros || sum == wanted;
}

// The whole chain: peek at the compressed bytes, decompress, peek again.
class TarInput final : public ByteSource {
 public:
  explicit TarInput(ByteSource& in) : raw_(in, 6) {
    using namespace std::string_view_literals;
    if (starts_with(raw_.head(), "BZh"sv) || starts_with(raw_.head(),
                                                         "\xfd"
                                                         "7zXZ\0"sv)) {
      inflated_ = std::make_unique<FilteredSource>(raw_);
    } else {
      inflated_ = decompressing(raw_);
    }
    tar_ = std::make_unique<PeekedSource>(*inflated_, 512);
    if (!looks_like_tar(tar_->head())) throw Error(ErrorKind::kCorrupt, "not a tar archive");
  }
  std::size_t read(std::span<std::byte> buffer) override { return tar_->read(buffer); }

 private:
  PeekedSource raw_;
  std::unique_ptr<ByteSource> inflated_;
  std::unique_ptr<PeekedSource> tar_;
};

}  // namespace

std::unique_ptr<ByteSource> open_tar(ByteSource& in) {
  return std::make_unique<TarInput>(in);
}

}  // namespace cairn::source
