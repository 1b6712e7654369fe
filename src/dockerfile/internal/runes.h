// SPDX-License-Identifier: Apache-2.0
//
// Text as code points, for the places where the language speaks of characters: white space, names,
// wildcards. Bytes that are not UTF-8 survive (base/utf8.h).
#pragma once

#include <string>
#include <string_view>

#include "base/utf8.h"

namespace cairn::dockerfile {

std::u32string to_runes(std::string_view text);
std::string from_runes(std::u32string_view runes);

bool is_space(char32_t rune);  // Unicode White_Space, as Go's unicode.IsSpace
bool is_digit(char32_t rune);  // ASCII only
// Letters and digits that may stand in a variable's name, and "_". Beyond ASCII this takes the
// blocks that hold letters and leaves out spaces, punctuation and symbols.
bool is_name_rune(char32_t rune);

std::string_view trim_left_space(std::string_view text);
std::string_view trim_space(std::string_view text);

}  // namespace cairn::dockerfile
