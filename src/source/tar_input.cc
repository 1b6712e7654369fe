// SPDX-License-Identifier: Apache-2.0
//
// The content is told by the checksum of the first header block, so that a wrong file is refused at
// once and not unpacked halfway. The look must not consume bytes, as the input may be a pipe.
#include "source/tar_input.h"

#include <algorithm>
#include <vector>

#include "base/compress.h"
#include "base/error.h"

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

// Decompresses, and looks at what comes of it.
class TarInput final : public ByteSource {
 public:
  explicit TarInput(ByteSource& in) : plain_(decompressing_archive(in)), tar_(*plain_, 512) {
    if (!looks_like_tar(tar_.head())) throw Error(ErrorKind::kCorrupt, "not a tar archive");
  }
  std::size_t read(std::span<std::byte> buffer) override { return tar_.read(buffer); }

 private:
  std::unique_ptr<ByteSource> plain_;
  PeekedSource tar_;
};

}  // namespace

std::unique_ptr<ByteSource> open_tar(ByteSource& in) {
  return std::make_unique<TarInput>(in);
}

}  // namespace cairn::source
