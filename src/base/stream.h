// SPDX-License-Identifier: Apache-2.0
//
// Streams of bytes, read from a source or written to a sink in bounded pieces, so that no layer is
// ever held in memory. A stream belongs to one thread at a time. Failures of the underlying call
// are thrown as Error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "base/digest.h"

namespace cairn {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills `buffer` from its front and returns the number of bytes, which may be fewer than it
  // holds. 0 means the end; `buffer` must not be empty.
  virtual std::size_t read(std::span<std::byte> buffer) = 0;
};

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  // Takes all of `bytes`, and keeps no reference to them.
  virtual void write(std::span<const std::byte> bytes) = 0;
};

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// A source over borrowed memory.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string_view text) : rest_(text) {}
  std::size_t read(std::span<std::byte> buffer) override;

 private:
  std::string_view rest_;
};

// Counts and digests the bytes that pass through to `inner` (borrowed; null to digest only). Call
// finish() once.
class DigestingSink final : public ByteSink {
 public:
  explicit DigestingSink(ByteSink* inner = nullptr) : inner_(inner) {}
  void write(std::span<const std::byte> bytes) override;
  std::uint64_t size() const { return size_; }
  Digest finish() { return hash_.finish(); }

 private:
  ByteSink* inner_;
  Sha256 hash_;
  std::uint64_t size_ = 0;
};

// Digests what is read through it from `inner` (borrowed). Throws kCorrupt beyond `limit` bytes.
// Call finish() once.
class DigestingSource final : public ByteSource {
 public:
  DigestingSource(ByteSource& inner, std::uint64_t limit) : inner_(inner), limit_(limit) {}
  std::size_t read(std::span<std::byte> buffer) override;
  std::uint64_t size() const { return size_; }
  Digest finish() { return hash_.finish(); }

 private:
  ByteSource& inner_;
  std::uint64_t limit_;
  Sha256 hash_;
  std::uint64_t size_ = 0;
};

// Copies until the end of `from`, and returns the number of bytes.
std::uint64_t copy_all(ByteSource& from, ByteSink& to);

}  // namespace cairn
