// SPDX-License-Identifier: Apache-2.0
//
// Character classes as short range checks instead of Unicode tables: the language needs few of
// them, and white space is the only one that must agree with Go exactly.
#include "dockerfile/internal/runes.h"

namespace cairn::dockerfile {

std::u32string to_runes(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  while (!text.empty()) {
    Rune rune = decode_rune(text);
    out += rune.value;
    text.remove_prefix(rune.size);
  }
  return out;
}

std::string from_runes(std::u32string_view runes) {
  std::string out;
  out.reserve(runes.size());
  for (char32_t rune : runes) append_rune(out, rune);
  return out;
}

bool is_space(char32_t rune) {
  if (rune <= 0xff)
    return rune == ' ' || (rune >= '\t' && rune <= '\r') || rune == 0x85 || rune == 0xa0;
  return rune == 0x1680 || (rune >= 0x2000 && rune <= 0x200a) || rune == 0x2028 || rune == 0x2029 ||
         rune == 0x202f || rune == 0x205f || rune == 0x3000;
}

bool is_digit(char32_t rune) {
  return rune >= '0' && rune <= '9';
}

bool is_name_rune(char32_t rune) {
  if (rune < 0x80) {
    return rune == '_' || is_digit(rune) || (rune >= 'a' && rune <= 'z') ||
           (rune >= 'A' && rune <= 'Z');
  }
  if (rune < 0xc0) return rune == 0xaa || rune == 0xb5 || rune == 0xba;
  if (rune == 0xd7 || rune == 0xf7) return false;
  if (rune >= 0x2000 && rune < 0x2c00) return false;  // punctuation, symbols, arrows, shapes
  if (rune >= 0x3000 && rune < 0x3005) return false;  // CJK punctuation
  if (rune >= 0x3008 && rune < 0x3021) return false;
  if (rune >= 0xe000 && rune < 0xf900) return false;  // private use
  if (rune >= 0xfe10 && rune < 0xfe70) return false;  // forms of punctuation
  if (rune >= 0xff00 && rune < 0xff10) return false;
  return rune < 0x1f000 || (rune >= 0x20000 && rune < 0x32000);
}

std::string_view trim_left_space(std::string_view text) {
  while (!text.empty()) {
    Rune rune = decode_rune(text);
    if (!is_space(rune.value)) break;
    text.remove_prefix(rune.size);
  }
  return text;
}

std::string_view trim_space(std::string_view text) {
  text = trim_left_space(text);
  while (!text.empty()) {
    // Step back over the continuation bytes of the last character.
    std::size_t start = text.size() - 1;
    while (start > 0 && text.size() - start < 4 &&
           (static_cast<unsigned char>(text[start]) & 0xc0) == 0x80) {
      --start;
    }
    Rune last = decode_rune(text.substr(start));
    if (start + last.size != text.size() || !is_space(last.value)) break;
    text = text.substr(0, start);
  }
  return text;
}

}  // namespace cairn::dockerfile
