// SPDX-License-Identifier: Apache-2.0
//
// Bytes in motion: pulled from a source or pushed into a sink, in bounded pieces.
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
  // Fills from the front and returns how many bytes; 0 means the end (never for an empty buffer).
  virtual std::size_t read(std::span<std::byte> buffer) = 0;
};

class ByteSink {
 public:
  virtual ~ByteSink() = default;
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

// Counts and digests what passes through to `inner` (which may be null: digest only).
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

// Digests what is read through it, and refuses more than `limit` bytes (kCorrupt).
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

// Moves everything through one buffer and returns the number of bytes.
std::uint64_t copy_all(ByteSource& from, ByteSink& to);

}  // namespace cairn
