// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 digests, the names of blobs: "sha256:" and 64 lower-case hex digits (OCI image spec,
// descriptor.md, "Digests"). Other algorithms are refused. A Digest is a value; a Sha256 belongs to
// one thread at a time.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cairn {

class Digest {
 public:
  using Bytes = std::array<std::uint8_t, 32>;

  explicit Digest(const Bytes& bytes) : bytes_(bytes) {}
  // Throws kCorrupt. Every digest is parsed before any use, above all before it becomes a file
  // name.
  static Digest parse(std::string_view text);
  // nullopt when the text is not a sha256 digest.
  static std::optional<Digest> find(std::string_view text);
  static Digest of(std::string_view bytes);  // hashes `bytes`

  std::string str() const;  // "sha256:<hex>"
  std::string hex() const;
  const Bytes& bytes() const { return bytes_; }

  auto operator<=>(const Digest&) const = default;

 private:
  Bytes bytes_;
};

// A hash over bytes that arrive in pieces. Call finish() once, at the end.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string to_hex(std::span<const std::uint8_t> bytes);

inline std::string format_as(const Digest& digest) {
  return digest.str();
}

}  // namespace cairn

template <>
struct std::hash<cairn::Digest> {
  std::size_t operator()(const cairn::Digest& digest) const noexcept {
    std::size_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | digest.bytes()[static_cast<std::size_t>(i)];
    return value;
  }
};
