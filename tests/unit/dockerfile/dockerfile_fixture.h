// SPDX-License-Identifier: Apache-2.0
//
// Text to instructions, and errors as values that tests can compare.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "dockerfile/dockerfile.h"
#include "dockerfile/ignore.h"
#include "dockerfile/lint.h"
#include "dockerfile/mount.h"

namespace cairn::dockerfile {

using Lines = std::vector<std::string>;

inline Dockerfile parsed(std::string text) {
  return parse_dockerfile(
      std::make_shared<const SourceText>(SourceText{"Dockerfile", std::move(text)}));
}

// The one instruction below "FROM x".
template <typename T>
T instruction(const std::string& line) {
  Dockerfile file = parsed("FROM x\n" + line);
  REQUIRE(file.stages.at(0).instructions.size() == 1);
  return std::get<T>(file.stages[0].instructions[0]);
}

// The value of a --mount without variables.
inline Mount parsed_mount(std::string_view text) {
  return parse_mount(text, [](std::string_view value) { return std::string(value); });
}

// What the checks of a parser find, in short form. An error ends the list.
inline Lines checked(std::string text) {
  SyntaxTree tree =
      parse_syntax(std::make_shared<const SourceText>(SourceText{"Dockerfile", std::move(text)}));
  Linter linter(check_options(tree.directives, std::nullopt));
  Lines out;
  std::string error;
  try {
    parse_dockerfile(tree, linter);
    linter.fail_if_wanted();
  } catch (const Error& caught) {
    error = "error: " + caught.message();
  }
  for (const Diagnostic& diagnostic : linter.found()) out.push_back(short_text(diagnostic));
  if (!error.empty()) out.push_back(error);
  return out;
}

struct Refusal {
  std::string message;
  std::string hint;
  SourceSpan span;
};

// What is wrong with a whole file; an empty message when nothing is.
inline Refusal refusal(std::string text) {
  try {
    parsed(std::move(text));
  } catch (const Error& error) {
    return {.message = error.message(),
            .hint = error.hint(),
            .span = error.span().value_or(SourceSpan{})};
  }
  return {};
}

// What is wrong with a line below "FROM x", without the prefix that names the line.
inline std::string complaint(const std::string& line) {
  std::string message = refusal("FROM x\n" + line).message;
  std::string prefix = "dockerfile parse error on line 2: ";
  return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
}

inline IgnoreMatcher matcher(std::string text) {
  return IgnoreMatcher::parse(
      std::make_shared<const SourceText>(SourceText{".dockerignore", std::move(text)}));
}

}  // namespace cairn::dockerfile
