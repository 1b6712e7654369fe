// SPDX-License-Identifier: Apache-2.0
//
// The heredocs that a joined line opens. Words are split with "\" as the escape character, whatever
// the directive says, as in BuildKit.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::dockerfile {

struct Heredoc {
  std::string name;
  unsigned descriptor = 0;   // the 3 of 3<<EOF
  bool expand = true;        // no part of the word was quoted
  bool chomp = false;        // <<-: leading tabs of the body are removed
  std::string content = {};  // as in the file, line ends included

  bool operator==(const Heredoc&) const = default;
};

// The heredocs in order of appearance, with empty bodies. Throws kLimit.
std::vector<Heredoc> heredocs_of(std::string_view line);

// The heredoc that a word opens ("<<EOF", "3<<-'EOF'"), with empty content; nullopt if it opens
// none. Throws kDockerfile for a quote that is not closed.
std::optional<Heredoc> find_heredoc(std::string_view word);
std::string chomp_tabs(std::string_view body);  // leading tabs of every line removed, for <<-

}  // namespace cairn::dockerfile
