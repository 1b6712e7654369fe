// SPDX-License-Identifier: Apache-2.0
//
// Foreign text on its way to a person. What a server, an archive, a Dockerfile or a step writes
// must not move the cursor, fill the screen, or look like a line of cairn. A character that a
// terminal obeys instead of showing is written out: "\x1b" for a control character or a byte that
// is not UTF-8; "\u009b" and "\u202e" for C1 controls and for characters that change the direction
// of text (Unicode UAX #9) or are invisible. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/limits.h"

namespace cairn {

// One line of at most `columns`. The rest is counted in bytes: "... and 3145528 more bytes". Tabs
// stay. A wide character takes two columns.
std::string one_line(std::string_view foreign, std::size_t columns = limits::kForeignColumns);

// A message of cairn that may quote foreign text. Lines stay lines, but all except the first are
// indented by two columns, so that none looks like a message of its own ("error: ..."). At most
// kMessageLines are shown. A line longer than kMessageColumns loses its middle, and the loss is
// counted, since the end of a line often says what happened.
std::string legible(std::string_view text);

// All lines of a foreign text, each made legible as by one_line().
std::string legible_lines(std::string_view text);

// A JSON text in which such characters are "\u" escapes; its value is the same. dump() leaves them
// as they are, and only in strings.
std::string legible_json(std::string_view json);

enum class Colors { kKeep, kDrop };

// A line of a command's output without the sequences that move the cursor, set a title or ring the
// bell (ECMA-48, 7-bit and 8-bit forms). With kKeep, colours (SGR) stay and are reset at the end of
// the line. If carriage returns overwrite the line, only the last text stays.
std::string log_line(std::string_view line, Colors colors);

// The columns that a text takes on a terminal. Escape sequences take none.
std::size_t columns_of(std::string_view text);
// The front of `text` that fits in `columns`, with colours reset at its end.
std::string clipped(std::string_view text, std::size_t columns);

}  // namespace cairn
