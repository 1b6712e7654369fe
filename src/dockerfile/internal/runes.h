// SPDX-License-Identifier: Apache-2.0
//
// Text as code points, where the language is defined in characters: white space, names, wildcards.
// Bytes that are not UTF-8 are preserved (base/utf8.h). Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/utf8.h"

namespace cairn::dockerfile {

std::u32string to_runes(std::string_view text);
std::string from_runes(std::u32string_view runes);

bool is_space(char32_t rune);  // Unicode White_Space, as Go's unicode.IsSpace
bool is_digit(char32_t rune);  // ASCII only
// Characters of a variable name: letters, digits and "_". Beyond ASCII this accepts the blocks of
// letters, and excludes spaces, punctuation and symbols.
bool is_name_rune(char32_t rune);

std::string_view trim_left_space(std::string_view text);
std::string_view trim_space(std::string_view text);

}  // namespace cairn::dockerfile
