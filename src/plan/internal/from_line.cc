// SPDX-License-Identifier: Apache-2.0
#include "plan/internal/from_line.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "dockerfile/dockerfile.h"
#include "dockerfile/expand.h"
#include "plan/internal/global_args.h"

namespace cairn::plan {
namespace {

template <typename... Args>
Error failure(fmt::format_string<Args...> format, Args&&... args) {
  return Error::of(ErrorKind::kDockerfile, format, std::forward<Args>(args)...);
}

// Which variables made a FROM line empty.
std::string blank_hint(const std::string& word, const Environment& globals, char escape) {
  std::set<std::string> unset =
      dockerfile::expand_word(word, globals.variables(), {.escape = escape}).unset;
  if (unset.empty()) return "";
  return fmt::format(
      "{} is not set: a FROM line sees only the ARGs above the first FROM and --build-arg",
      fmt::join(unset, ", "));
}

oci::Platform platform_of(const dockerfile::From& from, const Environment& globals, char escape) {
  const SourceSpan& span = from.origin.span;
  std::string text = expand_in_from(from.platform, globals, escape, span);
  if (text.empty()) {
    throw failure("empty platform value from expression {}", from.platform)
        .with_hint(blank_hint(from.platform, globals, escape))
        .at(span);
  }
  try {
    return oci::Platform::parse(text);
  } catch (const Error& error) {
    throw failure("failed to parse platform {}: {}", from.platform, error.message())
        .at(dockerfile::narrow(span, "--platform"));
  }
}

}  // namespace

FromLine read_from_line(const dockerfile::From& from, const Environment& globals, char escape) {
  FromLine line{.base = expand_in_from(from.base, globals, escape, from.origin.span)};
  if (line.base.empty()) {
    throw failure("base name ({}) should not be blank", from.base)
        .with_hint(blank_hint(from.base, globals, escape))
        .at(dockerfile::narrow(from.origin.span, from.base));
  }
  if (!from.platform.empty()) line.platform = platform_of(from, globals, escape);
  return line;
}

}  // namespace cairn::plan
