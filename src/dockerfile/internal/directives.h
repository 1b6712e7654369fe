// SPDX-License-Identifier: Apache-2.0
//
// Parser directives: comments of the form "# name = value" in one unbroken run at the very top. An
// ordinary comment, an unknown name, a blank line or an instruction ends the run; what looks like a
// directive later is a comment.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/syntax.h"

namespace cairn::dockerfile {

struct NameAndValue {
  std::string name;
  std::string value;
};
// "name = value" as a directive has it, the name lower-cased; nothing when the text has another
// form or name.
std::optional<NameAndValue> split_directive(std::string_view text);

class DirectiveReader {
 public:
  explicit DirectiveReader(std::shared_ptr<const SourceText> source) : source_(std::move(source)) {}

  // Takes a line that is a comment; false when it is no directive. Throws kDockerfile for a
  // repeated one and for an escape that is neither backslash nor backtick.
  bool read(std::string_view comment, int line);
  void stop() { done_ = true; }

  char escape() const { return escape_; }
  std::vector<Directive> take() &&;

 private:
  std::shared_ptr<const SourceText> source_;
  std::vector<Directive> found_;
  char escape_ = '\\';
  bool done_ = false;
};

}  // namespace cairn::dockerfile
