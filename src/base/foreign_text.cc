// SPDX-License-Identifier: Apache-2.0
//
// One pass over the characters (UTF-8; a byte that is not UTF-8 counts as one), with tables of
// those that a terminal obeys or does not show. Messages show such characters as escapes. Logs of
// steps drop them, since programs write for a terminal there; colours stay if the caller wants
// them.
#include "base/foreign_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/utf8.h"

namespace cairn {
namespace {

constexpr std::string_view kReset = "\x1b[0m";

struct Range {
  char32_t first;
  char32_t last;
};

bool is_in(const Range* first, const Range* last, char32_t rune) {
  return std::any_of(first, last,
                     [&](Range range) { return range.first <= rune && rune <= range.last; });
}

// Characters beyond ASCII that a terminal obeys or does not show: C1 controls, the bidirectional
// controls of UAX #9, zero-width characters, tags and non-characters.
bool is_obeyed(char32_t rune) {
  static constexpr Range kRanges[] = {{0x80, 0x9f},       {0x61c, 0x61c},   {0x180e, 0x180e},
                                      {0x200b, 0x200f},   {0x2028, 0x202e}, {0x2060, 0x206f},
                                      {0xfeff, 0xfeff},   {0xfff9, 0xfffb}, {0x1d173, 0x1d17a},
                                      {0xe0000, 0xe0fff}, {0xfffe, 0xffff}};
  return rune >= 0x80 && is_in(std::begin(kRanges), std::end(kRanges), rune);
}

// East Asian Wide and Fullwidth (UAX #11) and emoji, in ranges coarse enough for progress lines.
std::size_t width_of(char32_t rune) {
  static constexpr Range kWide[] = {{0x1100, 0x115f}, {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},
                                    {0xf900, 0xfaff}, {0xfe30, 0xfe6f},   {0xff00, 0xff60},
                                    {0xffe0, 0xffe6}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd}};
  return rune >= 0x1100 && is_in(std::begin(kWide), std::end(kWide), rune) ? 2 : 1;
}

bool is_control(char32_t rune) {
  return rune < 0x20 || rune == 0x7f;
}

// One character, written out if a terminal must not see it.
std::string shown(Rune rune, std::string_view bytes) {
  if (rune.value == '\t') return "\t";
  if (is_control(rune.value) || is_stray_byte(rune.value)) {
    return fmt::format("\\x{:02x}", static_cast<unsigned char>(bytes[0]));
  }
  if (!is_obeyed(rune.value)) return std::string(bytes.substr(0, rune.size));
  auto value = static_cast<std::uint32_t>(rune.value);
  return value < 0x10000 ? fmt::format("\\u{:04x}", value) : fmt::format("\\U{:08x}", value);
}

// A character that is written out takes one column per byte, since the escape is ASCII.
std::size_t shown_width(Rune rune, const std::string& text) {
  return text.size() == rune.size ? width_of(rune.value) : text.size();
}

// Removes as much of the front of `text` as fits in `columns`, and returns it made legible.
std::string take_front(std::string_view& text, std::size_t columns) {
  std::string out;
  for (std::size_t used = 0; !text.empty();) {
    Rune rune = decode_rune(text);
    std::string one = shown(rune, text);
    std::size_t width = shown_width(rune, one);
    if (used + width > columns) break;
    out += one;
    used += width;
    text.remove_prefix(rune.size);
  }
  return out;
}

// --- escape sequences ---

// ESC, or a C1 control: its 8-bit form (ECMA-48, 5.3).
bool is_escape_start(char32_t rune) {
  return rune == 0x1b || (rune >= 0x80 && rune <= 0x9f);
}

// The length of a control sequence without its introducer: parameters, intermediates, a final byte
// (ECMA-48, 5.4). All of the text when it is cut short.
std::size_t csi_length(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && text[at] >= 0x20 && text[at] <= 0x3f) ++at;
  return at < text.size() && text[at] >= 0x40 && text[at] <= 0x7e ? at + 1 : at;
}

// The length of a string up to BEL or ST, both included (OSC, DCS, SOS, PM, APC).
std::size_t string_length(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\a') return at + 1;
    if (text.substr(at, 2) == "\x1b\\" || text.substr(at, 2) == "\xc2\x9c") return at + 2;
  }
  return text.size();
}

// The escape sequence at the start of the text, in its 7-bit or 8-bit form. The caller has seen its
// first character.
struct Escape {
  std::size_t size = 0;
  // SGR ("m" with numbers) is the only sequence that may stay.
  bool is_color = false;
};

Escape escape_at(std::string_view text) {
  Rune rune = decode_rune(text);
  char kind = 0;
  std::size_t start = rune.size;
  if (rune.value != 0x1b) {
    kind =
        static_cast<char>(rune.value - 0x40);  // C1 control to the letter behind ESC (ECMA-48, 5.3)
  } else if (start < text.size()) {
    kind = text[start++];
  }
  std::string_view rest = text.substr(std::min(start, text.size()));
  if (kind == '[') {
    std::size_t length = csi_length(rest);
    std::string_view body = rest.substr(0, length);
    bool is_color =
        body.ends_with('m') && body.find_first_not_of("0123456789;:") == body.size() - 1;
    return {.size = start + length, .is_color = is_color};
  }
  if (std::string_view("]PX^_").find(kind) != std::string_view::npos && kind != 0) {
    return {.size = start + string_length(rest)};
  }
  // Two characters, or more with intermediate bytes: "\x1b(B" selects ASCII.
  std::size_t extra = 0;
  if (kind >= 0x20 && kind <= 0x2f) {
    while (extra < rest.size() && rest[extra] >= 0x20 && rest[extra] <= 0x2f) ++extra;
    if (extra < rest.size()) ++extra;
  }
  return {.size = start + extra};
}

// The fast path: most lines of a log are plain ASCII.
bool is_plain(std::string_view line) {
  return std::all_of(line.begin(), line.end(),
                     [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\t'; });
}

// Progress bars overwrite their line with "\r": only the last text is kept.
std::string_view last_written(std::string_view line) {
  while (line.ends_with('\r')) line.remove_suffix(1);
  return line.substr(line.rfind('\r') + 1);
}

// A backspace removes the last character. An "m" may end a colour sequence, which has to stay.
void take_back(std::string& out) {
  while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0) == 0x80) out.pop_back();
  if (!out.empty() && !out.ends_with('m')) out.pop_back();
}

}  // namespace

std::string one_line(std::string_view foreign, std::size_t columns) {
  std::string out = take_front(foreign, columns);
  if (!foreign.empty()) out += fmt::format("... and {} more bytes", foreign.size());
  return out;
}

std::string legible(std::string_view text) {
  constexpr std::size_t kTail = limits::kMessageColumns / 4;
  std::string out;
  for (std::size_t lines = 0; !text.empty(); ++lines) {
    if (lines == limits::kMessageLines) {
      return out + fmt::format("... and {} more bytes", text.size());
    }
    std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.size() <= limits::kMessageColumns) {
      out += take_front(line, SIZE_MAX);
    } else {
      out += take_front(line, limits::kMessageColumns - kTail);
      if (line.size() > 2 * kTail) {
        // Starts at a boundary between characters (UTF-8 continuation bytes are 10xxxxxx).
        std::size_t from = line.size() - kTail;
        while (from < line.size() && (static_cast<unsigned char>(line[from]) & 0xc0) == 0x80)
          ++from;
        out += fmt::format(" ...{} more bytes... ", from);
        line.remove_prefix(from);
      }
      out += take_front(line, 4 * kTail);
    }
    if (end != std::string_view::npos) out += text.empty() ? "\n" : "\n  ";
  }
  return out;
}

std::string legible_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t end = text.find('\n');
    out += one_line(text.substr(0, end), SIZE_MAX);
    if (end == std::string_view::npos) break;
    out += '\n';
    text.remove_prefix(end + 1);
  }
  return out;
}

std::string legible_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    Rune rune = decode_rune(json);
    auto value = static_cast<std::uint32_t>(rune.value);
    if (rune.value != 0x7f && !is_obeyed(rune.value)) {
      out += json.substr(0, rune.size);
    } else if (value < 0x10000) {
      out += fmt::format("\\u{:04x}", value);
    } else {
      // RFC 8259, 7: a code point beyond U+FFFF is a surrogate pair. 0xd7c0 is 0xd800 - (0x10000 >>
      // 10).
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xd7c0 + (value >> 10), 0xdc00 + (value & 0x3ff));
    }
    json.remove_prefix(rune.size);
  }
  return out;
}

std::string log_line(std::string_view line, Colors colors) {
  if (is_plain(line)) return std::string(line);
  line = last_written(line);
  std::string out;
  bool colored = false;
  while (!line.empty()) {
    Rune rune = decode_rune(line);
    if (is_escape_start(rune.value)) {
      Escape escape = escape_at(line);
      if (escape.is_color && colors == Colors::kKeep) {
        out += "\x1b[";
        out += line.substr(rune.value == 0x1b ? 2 : rune.size,
                           escape.size - (rune.value == 0x1b ? 2 : rune.size));
        colored = true;
      }
      line.remove_prefix(std::min(escape.size, line.size()));
      continue;
    }
    if (rune.value == '\b') take_back(out);
    bool kept = rune.value == '\t' || !is_control(rune.value);
    // A terminal that is not in UTF-8 mode obeys a lone byte of C1.
    auto byte = static_cast<unsigned char>(line[0]);
    if (is_stray_byte(rune.value)) kept = byte >= 0xa0;
    if (kept && !is_obeyed(rune.value)) out += line.substr(0, rune.size);
    line.remove_prefix(rune.size);
  }
  if (colored && !out.ends_with(kReset)) out += kReset;
  return out;
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    Rune rune = decode_rune(text);
    if (rune.value == 0x1b) {
      text.remove_prefix(std::min(escape_at(text).size, text.size()));
      continue;
    }
    columns += width_of(rune.value);
    text.remove_prefix(rune.size);
  }
  return columns;
}

std::string clipped(std::string_view text, std::size_t columns) {
  std::string out;
  bool colored = false;
  for (std::size_t used = 0; !text.empty();) {
    Rune rune = decode_rune(text);
    std::size_t size = rune.size;
    if (rune.value == 0x1b) {
      size = std::min(escape_at(text).size, text.size());
      colored = true;
    } else {
      used += width_of(rune.value);
      if (used > columns) break;
    }
    out += text.substr(0, size);
    text.remove_prefix(size);
  }
  if (colored && !out.ends_with(kReset)) out += kReset;
  return out;
}

}  // namespace cairn
