// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 by libcrypto, which picks the processor's own instructions where it has them. The header
// keeps the hash state opaque, so that no other file includes OpenSSL. Parsing accepts one spelling
// only: digests become file names and cache keys.
#include "base/digest.h"

// The plain SHA256_* functions, which libcrypto calls deprecated (meson.build turns the warning
// off). The EVP interface first sets up all algorithms, which takes longer than a build that is all
// cached. The hashing code is the same.
#include <openssl/sha.h>

#include "base/error.h"
#include "base/foreign_text.h"

namespace cairn {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  // No upper case: the OCI image spec allows lower-case hex alone for sha256.
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

struct Sha256::State {
  SHA256_CTX context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  SHA256_Init(&state_->context);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes) {
  SHA256_Update(&state_->context, bytes.data(), bytes.size());
}

void Sha256::update(std::string_view text) {
  SHA256_Update(&state_->context, text.data(), text.size());
}

Digest Sha256::finish() {
  Digest::Bytes bytes{};
  SHA256_Final(bytes.data(), &state_->context);
  return Digest(bytes);
}

std::optional<Digest> Digest::find(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  if (!text.starts_with(kPrefix) || text.size() != kPrefix.size() + 64) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  Bytes bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    int high = hex_value(text[2 * i]);
    int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return Digest(bytes);
}

Digest Digest::parse(std::string_view text) {
  if (std::optional<Digest> digest = find(text)) return *digest;
  throw Error::of(ErrorKind::kCorrupt, "\"{}\" is not a sha256 digest", one_line(text));
}

Digest Digest::of(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

std::string Digest::hex() const {
  return to_hex(bytes_);
}
std::string Digest::str() const {
  return "sha256:" + hex();
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace cairn
