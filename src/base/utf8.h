// SPDX-License-Identifier: Apache-2.0
//
// UTF-8, one character at a time, for text that may not be UTF-8. A byte that is not part of a
// valid sequence becomes a value above U+10FFFF, and append_rune() writes that value as the same
// byte again.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cairn {

struct Rune {
  char32_t value = 0;
  std::size_t size = 1;  // in bytes
};

// The first character of `text`, which must not be empty.
Rune decode_rune(std::string_view text);
void append_rune(std::string& out, char32_t rune);
// Whether a value of decode_rune() stands for a stray byte.
inline bool is_stray_byte(char32_t rune) {
  return rune > 0x10ffff;
}

}  // namespace cairn
