// SPDX-License-Identifier: Apache-2.0
//
// Parser directives: comments of the form "# name = value" in one unbroken run at the very top. An
// ordinary comment, an unknown name, a blank line or an instruction ends the run; a later line of
// that form is a comment.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/syntax_tree.h"

namespace cairn::dockerfile {

struct NameAndValue {
  std::string name;
  std::string value;
};
// Splits "name = value" and lower-cases the name. nullopt when the text is not of that form or the
// name is unknown.
std::optional<NameAndValue> split_directive(std::string_view text);

class DirectiveReader {
 public:
  explicit DirectiveReader(std::shared_ptr<const SourceText> source) : source_(std::move(source)) {}

  // Reads a comment line. Returns false when it is no directive. Throws kDockerfile for a repeated
  // directive, and for an escape other than backslash and backtick.
  bool read(std::string_view comment, int line);
  void stop() { done_ = true; }

  char escape() const { return escape_; }
  std::vector<Directive> directives() &&;

 private:
  std::shared_ptr<const SourceText> source_;
  std::vector<Directive> found_;
  char escape_ = '\\';
  bool done_ = false;
};

}  // namespace cairn::dockerfile
