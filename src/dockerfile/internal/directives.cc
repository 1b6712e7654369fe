// SPDX-License-Identifier: Apache-2.0
//
// Two readers, as BuildKit has (parser/directives.go): a strict one for the run of "#" comments at
// the top, and a lenient one that looks for a syntax line below "#!" or in "//" comments when the
// first found nothing.
#include "dockerfile/internal/directives.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "dockerfile/internal/lines.h"
#include "dockerfile/internal/runes.h"

namespace cairn::dockerfile {
namespace {

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Looks in the other places of a syntax line: below "#!", and in "//" comments.
std::vector<Directive> look_elsewhere(const std::shared_ptr<const SourceText>& source) {
  std::vector<Directive> found;
  Lines lines(source->text);
  std::optional<std::string_view> line = lines.next();
  std::string_view sign = "//";
  // An interpreter line may precede "#" comments; otherwise "//" is looked for.
  if (line && line->starts_with("#!")) {
    line = lines.next();
    if (line && line->starts_with('#')) sign = "#";
  }
  for (; line && line->starts_with(sign); line = lines.next()) {
    std::optional<NameAndValue> pair = split_directive(line->substr(sign.size()));
    // "check" is read from "#" comments only, and "escape" from the very top.
    if (!pair || pair->name == "escape" || (pair->name == "check" && sign == "//")) break;
    auto is_same = [&](const Directive& earlier) { return earlier.name == pair->name; };
    if (std::ranges::any_of(found, is_same)) continue;  // the first one wins
    found.push_back(
        {.name = pair->name,
         .value = pair->value,
         .span = {.source = source, .first_line = lines.number(), .last_line = lines.number()}});
  }
  return found;
}

}  // namespace

std::optional<NameAndValue> split_directive(std::string_view line) {
  line = trim_left_space(line);
  std::size_t end =
      static_cast<std::size_t>(std::find_if_not(line.begin(), line.end(), is_alnum) - line.begin());
  if (end == 0 || (line[0] >= '0' && line[0] <= '9')) return std::nullopt;
  std::string name = to_lower(line.substr(0, end));
  std::string_view rest = trim(line.substr(end));
  if (!rest.starts_with('=')) return std::nullopt;
  std::string_view value = trim(rest.substr(1));
  if (value.empty() || (name != "syntax" && name != "escape" && name != "check")) {
    return std::nullopt;
  }
  return NameAndValue{.name = std::move(name), .value = std::string(value)};
}

bool DirectiveReader::read(std::string_view comment, int line) {
  if (done_) return false;
  std::optional<NameAndValue> pair = split_directive(comment.substr(1));
  if (!pair) {
    done_ = true;
    return false;
  }
  SourceSpan span{.source = source_, .first_line = line, .last_line = line};
  // Otherwise their order would decide.
  for (const Directive& earlier : found_) {
    if (earlier.name != pair->name) continue;
    throw dockerfile_error("only one {} parser directive can be used", pair->name).at(span);
  }
  if (pair->name == "escape") {
    if (pair->value != "\\" && pair->value != "`") {
      throw dockerfile_error("invalid escape token '{}' does not match ` or \\", pair->value)
          .at(span);
    }
    escape_ = pair->value[0];
  }
  found_.push_back({.name = pair->name, .value = pair->value, .span = span});
  return true;
}

std::vector<Directive> DirectiveReader::directives() && {
  if (found_.empty()) return look_elsewhere(source_);
  return std::move(found_);
}

}  // namespace cairn::dockerfile
