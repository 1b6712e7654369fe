// SPDX-License-Identifier: Apache-2.0
//
// The codecs behind compress.h, and what they share. Sources own what they read from; sinks borrow
// `out`.
#pragma once

#include <vector>

#include "base/compress.h"

namespace cairn::internal {

// A source whose next bytes can be seen before they are read. Borrows `inner`.
class PeekedSource final : public ByteSource {
 public:
  explicit PeekedSource(ByteSource& inner) : inner_(inner), buffer_(256 << 10) {}

  // At least `count` unread bytes, or all that are left. Valid until the next call.
  std::span<const std::byte> peek(std::size_t count);
  // Some unread bytes; empty at the end. The caller then says by skip() how many it used.
  std::span<const std::byte> fill() { return peek(1); }
  void skip(std::size_t count) { unread_ = unread_.subspan(count); }
  std::size_t read(std::span<std::byte> buffer) override;
  std::uint64_t taken() const { return taken_; }  // bytes read from the inner source

 private:
  ByteSource& inner_;
  std::vector<std::byte> buffer_;
  std::span<const std::byte> unread_;  // of buffer_
  std::uint64_t taken_ = 0;
};

// Counts output, and throws kLimit when it exceeds the limits.
class BombGuard {
 public:
  explicit BombGuard(const DecompressLimits& limits) : limits_(limits) {}
  void count(std::uint64_t input_total, std::uint64_t more_output);

 private:
  DecompressLimits limits_;
  std::uint64_t output_ = 0;
};

std::unique_ptr<ByteSource> gunzipping(std::unique_ptr<PeekedSource> source,
                                       const DecompressLimits& limits);
std::unique_ptr<ByteSource> unzstding(std::unique_ptr<PeekedSource> source,
                                      const DecompressLimits& limits);
std::unique_ptr<ByteSource> unxzing(std::unique_ptr<PeekedSource> source,
                                    const DecompressLimits& limits);
std::unique_ptr<ByteSource> bunzipping(std::unique_ptr<PeekedSource> source,
                                       const DecompressLimits& limits);
std::unique_ptr<CompressingSink> gzipping(ByteSink& out, std::size_t threads, int level);
std::unique_ptr<CompressingSink> zstding(ByteSink& out, std::size_t threads, int level);

}  // namespace cairn::internal
