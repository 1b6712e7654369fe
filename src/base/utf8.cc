// SPDX-License-Identifier: Apache-2.0
//
// A strict decoder: overlong forms, surrogates and truncated sequences are stray bytes, one at a
// time, as in Go's utf8 package. Unlike Go's U+FFFD, a stray byte keeps its value, so text that is
// not UTF-8 survives a round trip.
#include "base/utf8.h"

namespace cairn {
namespace {

// Stray bytes are mapped here, beyond the last code point of Unicode.
constexpr char32_t kRawByte = 0x110000;

std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  // 0xc0 and 0xc1 would start overlong forms of ASCII.
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  if (lead >= 0xf0 && lead < 0xf5) return 4;
  return 0;
}

// Refuses overlong forms, surrogates and values beyond Unicode (RFC 3629, 3).
bool is_valid(char32_t value, std::size_t size) {
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  return value >= kSmallest[size] && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
}

}  // namespace

Rune decode_rune(std::string_view text) {
  auto lead = static_cast<unsigned char>(text[0]);
  std::size_t size = sequence_length(lead);
  Rune raw{.value = kRawByte + lead, .size = 1};
  if (size == 1) return {.value = lead, .size = 1};
  if (size == 0 || size > text.size()) return raw;
  char32_t value = lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0) != 0x80) return raw;
    value = value << 6 | (byte & 0x3f);
  }
  return is_valid(value, size) ? Rune{.value = value, .size = size} : raw;
}

void append_rune(std::string& out, char32_t rune) {
  auto put = [&](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (rune >= kRawByte) return put(rune - kRawByte);
  if (rune < 0x80) return put(rune);
  if (rune < 0x800) {
    put(0xc0 | rune >> 6);
  } else if (rune < 0x10000) {
    put(0xe0 | rune >> 12);
    put(0x80 | (rune >> 6 & 0x3f));
  } else {
    put(0xf0 | rune >> 18);
    put(0x80 | (rune >> 12 & 0x3f));
    put(0x80 | (rune >> 6 & 0x3f));
  }
  put(0x80 | (rune & 0x3f));
}

}  // namespace cairn
