// SPDX-License-Identifier: Apache-2.0
//
// Small text functions that several rooms need. Pure, safe from any thread, and they know ASCII
// only where letters matter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

std::string_view trim(std::string_view text);  // ASCII white space at both ends
std::vector<std::string> split(std::string_view text, char separator);  // "a,,b" gives three parts
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string to_lower(std::string_view text);  // ASCII only
std::string to_upper(std::string_view text);
bool equal_fold(std::string_view a, std::string_view b);  // ASCII only

// Digits only, without sign or space. nullopt when the text is empty, has other characters, or
// overflows.
std::optional<std::uint64_t> parse_uint(std::string_view text, int base = 10);

// A string as Go's %q prints it: double quotes, with \n, \", \\, \xNN and \uNNNN escapes. Used by
// history texts.
std::string go_quote(std::string_view text);

// The candidate nearest to `word`, ignoring case, at a distance below three. A swap of two letters
// counts as one (BuildKit's util/suggest has the same bound, but counts it as two). nullopt for an
// exact match, or when none is near.
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);
// The same with case, and with a swap counting as two: the suggestions of build checks.
std::optional<std::string> nearest_exact(std::string_view word,
                                         const std::vector<std::string>& candidates);
// " (did you mean X?)" with X in the letter case of `word`, or "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

// 1234567 as docker prints it: "1.23MB", decimal units, `digits` significant figures.
std::string human_size(std::uint64_t bytes, int digits = 3);
// "2g", "64m", "512k", "100b", "100": binary units, as docker's --shm-size reads them. nullopt when
// malformed.
std::optional<std::uint64_t> parse_size(std::string_view text);

// Lexical path cleaning with Go's path.Clean rules: "a//b/../c/." is "a/c", "" is ".".
std::string clean_path(std::string_view path);
// `path` cleaned as if it started with "/": always absolute, and ".." never leaves the root.
std::string rooted_path(std::string_view path);
std::string path_in(const std::string& dir, const std::string& name);  // "/name" in "/"

}  // namespace cairn
