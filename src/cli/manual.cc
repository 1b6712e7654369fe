// SPDX-License-Identifier: Apache-2.0
//
// Converts the Markdown we write ourselves, line by line: headings, fenced code, links and tables.
// Everything else is readable as it is, so there is no need for a Markdown parser.
#include "cli/manual.h"

#include <fmt/format.h>

#include "base/text.h"

namespace cairn::cli {
namespace {

// A link whose text is the topic of its page becomes the command that prints the page; any other
// link becomes its text.
std::string link_text(std::string_view text, std::string_view target) {
  if (target != std::string(text) + ".md") return std::string(text);
  return fmt::format("`cairn help {}`", text);
}

// "see [the disk](disk.md)" becomes "see the disk"; "see [disk](disk.md)" becomes "see `cairn help
// disk`". In a table, a shortened link is padded so that columns stay aligned.
std::string without_links(std::string_view line) {
  const bool is_row = line.starts_with('|');
  std::string out;
  while (true) {
    std::size_t middle = line.find("](");
    std::size_t end = middle == std::string_view::npos ? middle : line.find(')', middle);
    std::size_t begin = middle == std::string_view::npos ? middle : line.rfind('[', middle);
    if (begin == std::string_view::npos || end == std::string_view::npos) return out.append(line);
    std::string text = link_text(line.substr(begin + 1, middle - begin - 1),
                                 line.substr(middle + 2, end - middle - 2));
    out.append(line.substr(0, begin)).append(text);
    std::size_t width = end + 1 - begin;
    if (is_row && text.size() < width) out.append(width - text.size(), ' ');
    line.remove_prefix(end + 1);
  }
}

std::string heading(std::string_view line, Style style) {
  std::string text = without_links(line.substr(line.find(' ') + 1));
  std::erase(text, '`');
  text = to_upper(text);
  return style == Style::kBold ? "\x1b[1m" + text + "\x1b[0m" : text;
}

bool is_fence(std::string_view line) {
  return line.starts_with("```");
}

}  // namespace

std::string printed(const ManualPage& page, Style style) {
  std::string out;
  bool in_code = false;
  for (const std::string& line : split(page.text, '\n')) {
    if (is_fence(line)) {
      in_code = !in_code;
    } else if (in_code) {
      out += (line.empty() ? "" : "    " + line) + "\n";
    } else if (line.starts_with('#')) {
      out += heading(line, style) + "\n";
    } else {
      out += without_links(line) + "\n";
    }
  }
  if (page.text.ends_with('\n')) out.pop_back();  // split() returns an empty part after it
  return out;
}

}  // namespace cairn::cli
