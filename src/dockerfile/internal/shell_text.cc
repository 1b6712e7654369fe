// SPDX-License-Identifier: Apache-2.0
//
// A splitter with quotes and separators but no expansion, redirection or grouping. Its users give
// advice only, so it prefers to miss a command over reporting one that is not there.
#include "dockerfile/internal/shell_text.h"

#include <algorithm>

#include "base/text.h"
#include "dockerfile/internal/lines.h"

namespace cairn::dockerfile {
namespace {

class Splitter {
 public:
  std::vector<ShellCommand> split(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      char c = text[i];
      if (quote_ != '\0') {
        if (c == quote_) {
          quote_ = '\0';
        } else {
          word_ += c;
        }
      } else if (c == '\'' || c == '"') {
        quote_ = c;
        in_word_ = true;
      } else if (c == '\\' && i + 1 < text.size()) {
        // An escaped newline continues the line.
        if (text[++i] != '\n') add(text[i]);
        // "&&" and "||" end an empty command the second time, which is dropped.
      } else if (c == ';' || c == '&' || c == '|' || c == '\n') {
        end_command();
      } else if (c == ' ' || c == '\t' || c == '\r') {
        end_word();
      } else {
        add(c);
      }
    }
    end_command();
    return std::move(commands_);
  }

 private:
  void add(char c) {
    word_ += c;
    in_word_ = true;
  }
  void end_word() {
    if (in_word_) command_.push_back(std::exchange(word_, {}));
    in_word_ = false;
  }
  void end_command() {
    end_word();
    if (!command_.empty()) commands_.push_back(std::exchange(command_, {}));
  }

  std::vector<ShellCommand> commands_;
  ShellCommand command_;
  std::string word_;
  bool in_word_ = false;
  char quote_ = '\0';
};

bool is_name_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Recognises "set -e", "set -euo pipefail" and "set -o errexit".
bool sets_errexit(const ShellCommand& command) {
  if (command[0] != "set") return false;
  return std::any_of(command.begin() + 1, command.end(), [](std::string_view word) {
    return word == "errexit" || (word.starts_with('-') && !word.starts_with("--") &&
                                 word.find('e') != std::string_view::npos);
  });
}

// The change of nesting depth by a line: if, loops, case and braces. Only the first and last word
// of a command count.
int depth_change(std::string_view line) {
  int change = 0;
  for (const ShellCommand& command : shell_commands(line)) {
    for (const std::string& word : {command.front(), command.back()}) {
      if (is_one_of(word, {"if", "for", "while", "until", "case", "{", "("})) ++change;
      if (is_one_of(word, {"fi", "done", "esac", "}", ")"})) --change;
      if (command.size() == 1) break;
    }
  }
  return change;
}

}  // namespace

std::vector<ShellCommand> shell_commands(std::string_view text) {
  return Splitter().split(text);
}

std::string text_of(const Run& run) {
  std::string text = join(run.command.words, " ");
  for (const Heredoc& heredoc : run.command.heredocs) text += "\n" + heredoc.content;
  return text;
}

bool goes_on_after_failure(std::string_view body) {
  for (const ShellCommand& command : shell_commands(body)) {
    if (sets_errexit(command)) return false;
  }
  int commands = 0;
  int depth = 0;
  bool continued = false;
  Lines lines(body);
  while (std::optional<std::string_view> raw = lines.next()) {
    std::string_view line = trim(*raw);
    if (line.empty() || line.starts_with('#')) continue;
    // A line inside a loop or a function belongs to the command that opened it.
    if (!continued && depth == 0) ++commands;
    depth = std::max(0, depth + depth_change(line));
    continued = line.ends_with('\\') || line.ends_with("&&") || line.ends_with('|');
  }
  return commands > 1;
}

bool mentions(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    std::size_t end = at + name.size();
    bool starts = at == 0 || !is_name_char(text[at - 1]);
    bool ends = end == text.size() || !is_name_char(text[end]);
    if (starts && ends) return true;
  }
  return false;
}

}  // namespace cairn::dockerfile
