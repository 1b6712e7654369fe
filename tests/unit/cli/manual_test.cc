// SPDX-License-Identifier: Apache-2.0
#include "cli/manual.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "base/text.h"

using namespace cairn;
using namespace cairn::cli;

namespace {

std::string shown(std::string_view markdown, Style style = Style::kPlain) {
  return printed({.topic = "topic", .summary = "", .text = markdown}, style);
}

}  // namespace

TEST_CASE("a page for a screen has capitals for headings, indented code, and no fences") {
  CHECK(shown("# disk: the `store`\n\nText `code`.\n") == "DISK: THE STORE\n\nText `code`.\n");
  CHECK(shown("a\n```console\n$ cairn du\n\n# no heading\n```\nb\n") ==
        "a\n    $ cairn du\n\n    # no heading\nb\n");
  CHECK(shown("## Two\ntext\n", Style::kBold) == "\x1b[1mTWO\x1b[0m\ntext\n");
}

TEST_CASE("a link of a page is the command that prints the other page, or its text") {
  CHECK(shown("see [disk](disk.md), [disk](disk.md).\n") ==
        "see `cairn help disk`, `cairn help disk`.\n");
  CHECK(shown("see [the rules](../rules.md#one) here\n") == "see the rules here\n");
  CHECK(shown("a[1] (b) [c] d](e\n") == "a[1] (b) [c] d](e\n");
  // Cells keep their width.
  CHECK(shown("| see [caching](caching.md)  | b |\n| [x](https://example.com) | b |\n") ==
        "| see `cairn help caching`   | b |\n| x                        | b |\n");
}

TEST_CASE("every page of the manual fits 80 columns, and has a summary that fits the list") {
  REQUIRE(manual_pages().size() > 10);
  std::set<std::string_view> topics;
  for (const ManualPage& page : manual_pages()) {
    CAPTURE(page.topic);
    CHECK(topics.insert(page.topic).second);
    CHECK(page.text.ends_with('\n'));
    CHECK(page.summary.size() > 10);
    CHECK(page.summary.size() <= 62);
    for (const std::string& line : split(printed(page, Style::kPlain), '\n')) {
      CAPTURE(line);
      CHECK(line.size() <= 80);
      CHECK(line.find("](") == std::string::npos);
      CHECK(line.find("```") == std::string::npos);
      CHECK(std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; }));
    }
  }
}
