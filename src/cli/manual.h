// SPDX-License-Identifier: Apache-2.0
//
// The manual: pages for users, written as Markdown in manual/*.md and compiled in. `cairn help
// TOPIC` prints one. A terminal does not draw Markdown, so a few of its marks become plain text.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace cairn::cli {

struct ManualPage {
  std::string_view topic;    // "exit-codes"
  std::string_view summary;  // one line
  std::string_view text;     // Markdown, with its title
};

// In the order of the list of topics. Defined in the source that manual/embed.py generates.
std::span<const ManualPage> manual_pages();

enum class Style { kPlain, kBold };

// The page for a screen: headings in capitals, code indented. A link becomes the command that
// prints its page, or its text. With kBold, headings are bold too.
std::string printed(const ManualPage& page, Style style);

}  // namespace cairn::cli
