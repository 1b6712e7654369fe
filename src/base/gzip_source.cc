// SPDX-License-Identifier: Apache-2.0
//
// Reads gzip by isa-l, which inflates 2.7 times as fast as zlib. The state machine is isa-l's own;
// here are the rules around it: members follow one another, zeros may pad the end, and the data
// must not end inside a member.

#include <algorithm>

#include "base/error.h"
#include "base/internal/codecs.h"
#include "base/internal/isal.h"

namespace cairn::internal {
namespace {

[[noreturn]] void corrupt(const char* what) {
  throw Error::of(ErrorKind::kCorrupt, "damaged gzip data: {}", what);
}

class GzipSource final : public ByteSource {
 public:
  GzipSource(std::unique_ptr<PeekedSource> source, const DecompressLimits& limits)
      : source_(std::move(source)), guard_(limits) {
    isal().isal_inflate_init(&state_);
    state_.crc_flag = ISAL_GZIP;  // read headers, check trailers
  }

  std::size_t read(std::span<std::byte> buffer) override {
    // A call may consume input and give nothing, as a header does: go on until there are bytes.
    while (!ended_) {
      if (state_.block_state == ISAL_BLOCK_FINISH && !next_member()) break;
      std::size_t count = inflate(buffer);
      guard_.count(source_->taken(), count);
      if (count > 0) return count;
    }
    ended_ = true;
    return 0;
  }

 private:
  std::size_t inflate(std::span<std::byte> buffer) {
    std::span<const std::byte> input = source_->fill();
    // isa-l takes a non-const pointer, but only reads.
    state_.next_in = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(input.data()));
    state_.avail_in = static_cast<std::uint32_t>(input.size());
    state_.next_out = reinterpret_cast<std::uint8_t*>(buffer.data());
    state_.avail_out = static_cast<std::uint32_t>(std::min<std::size_t>(buffer.size(), 1u << 30));
    std::uint32_t room = state_.avail_out;
    int result = isal().isal_inflate(&state_);
    if (result == ISAL_INCORRECT_CHECKSUM) corrupt("its checksum is wrong");
    if (result < 0) corrupt("it cannot be inflated");
    source_->skip(input.size() - state_.avail_in);
    std::size_t count = room - state_.avail_out;
    bool finished = state_.block_state == ISAL_BLOCK_FINISH;
    // No input, no output, and the member is not complete: it is truncated.
    if (input.empty() && count == 0 && !finished) corrupt("it ends too early");
    return count;
  }

  // Starts the next member; false at the end. Members follow one another (RFC 1952, 2.2), and zeros
  // behind the last are padding, as tapes and some tools leave it.
  bool next_member() {
    while (true) {
      std::span<const std::byte> input = source_->peek(2);
      if (input.empty()) return false;
      if (input[0] != std::byte{0}) break;
      source_->skip(1);
    }
    std::span<const std::byte> input = source_->peek(2);
    if (sniff_compression(input) != Compression::kGzip) corrupt("something else follows it");
    // The next member has a header of its own.
    isal().isal_inflate_reset(&state_);
    state_.crc_flag = ISAL_GZIP;
    return true;
  }

  std::unique_ptr<PeekedSource> source_;
  BombGuard guard_;
  inflate_state state_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> gunzipping(std::unique_ptr<PeekedSource> source,
                                       const DecompressLimits& limits) {
  return std::make_unique<GzipSource>(std::move(source), limits);
}

}  // namespace cairn::internal
