// SPDX-License-Identifier: Apache-2.0
//
// Reads the options of checks and decides whether a rule applies to an instruction. Options come
// from a build argument, else from the "check" directive, and a comment right above an instruction
// may add to them. The parser accepts what BuildKit's accepts.
#include "dockerfile/lint.h"

#include <algorithm>

#include "base/attempt.h"
#include "base/error.h"
#include "base/text.h"
#include "dockerfile/internal/directives.h"
#include "dockerfile/internal/runes.h"

namespace cairn::dockerfile {
namespace {

// A value ends at the first space; the rest of the line may explain it.
std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find(' '));
}

// The value of skip= or experimental=.
struct Names {
  bool all = false;
  std::set<std::string, std::less<>> names;
};

Names parse_names(std::string_view text) {
  text = trim_space(text);
  if (text == "all") return {.all = true, .names = {}};
  Names out;
  for (const std::string& name : split(text, ',')) out.names.emplace(trim_space(name));
  return out;
}

// The spellings that Go's strconv.ParseBool accepts, and its error text.
bool parse_truth(std::string_view text, std::string_view option) {
  std::string_view value = trim_space(text);
  for (std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (value == yes) return true;
  }
  for (std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (value == no) return false;
  }
  throw dockerfile_error(
      "failed to parse check option {}: strconv.ParseBool: parsing {}: invalid syntax",
      go_quote(option), go_quote(value));
}

void read_option(std::string_view option, CheckOptions& options) {
  std::size_t sign = option.find('=');
  if (sign == std::string_view::npos)
    throw dockerfile_error("invalid check option {}", go_quote(option));
  std::string_view key = trim_space(option.substr(0, sign));
  std::string_view value = option.substr(sign + 1);
  // "all" is a name of its own and no rule.
  if (key == "skip") {
    Names names = parse_names(value);
    options.skip_all = names.all;
    options.skip = std::move(names.names);
  } else if (key == "experimental") {
    Names names = parse_names(value);
    options.experimental_all = names.all;
    options.experimental = std::move(names.names);
  } else if (key == "error") {
    options.fail = parse_truth(value, option);
  } else {
    throw dockerfile_error("invalid check option {}", go_quote(key));
  }
}

// The check options in the comments above an instruction. Only the first one counts. A malformed
// one is an ordinary comment.
std::optional<CheckOptions> options_of(const std::vector<std::string>& comments) {
  for (const std::string& comment : comments) {
    std::optional<NameAndValue> pair = split_directive(comment);
    if (!pair || pair->name != "check") continue;
    return if_possible([&] { return parse_check_options(first_word(pair->value)); });
  }
  return std::nullopt;
}

bool skips(const CheckOptions& options, const LintRule& rule) {
  return options.skip_all || options.skip.contains(rule.name) ||
         (rule.origin == RuleOrigin::kCairn && options.skip.contains("cairn"));
}

bool asks_for(const CheckOptions& options, const LintRule& rule) {
  return options.experimental_all || options.experimental.contains(rule.name);
}

}  // namespace

std::string short_text(const Diagnostic& diagnostic) {
  return fmt::format("{}: {} (line {})", diagnostic.rule->name, diagnostic.message,
                     diagnostic.span.first_line);
}

CheckOptions parse_check_options(std::string_view text) {
  CheckOptions options;
  text = trim_space(text);
  // The third part takes all that is left, as in BuildKit (strings.SplitN).
  for (int part = 1; !text.empty(); ++part) {
    std::size_t end = part == 3 ? std::string_view::npos : text.find(';');
    read_option(text.substr(0, end), options);
    // A ";" at the end would be an empty option, which BuildKit refuses.
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
    if (text.empty()) throw dockerfile_error("invalid check option \"\"");
  }
  return options;
}

CheckOptions check_options(const std::vector<Directive>& directives,
                           const std::optional<std::string>& build_arg) {
  if (build_arg) {
    auto name_arg = [](const Error& error) {
      throw Error::of(ErrorKind::kUsage, "failed to parse build-arg:BUILDKIT_DOCKERFILE_CHECK: {}",
                      error.message());
    };
    return amend(name_arg, [&] { return parse_check_options(*build_arg); });
  }
  auto found = std::find_if(directives.begin(), directives.end(),
                            [](const Directive& one) { return one.name == "check"; });
  if (found == directives.end()) return {};
  auto name_directive = [&](const Error& error) {
    throw dockerfile_error("failed to parse check options: {}", error.message())
        .with_hint(
            "the options are skip=RULE,RULE or skip=all, error=true, experimental=RULE or all")
        .at(found->span);
  };
  return amend(name_directive, [&] { return parse_check_options(first_word(found->value)); });
}

bool Linter::wants(const LintRule& rule, const std::vector<std::string>& comments) const {
  // An experimental rule is off until it is named; any other is on until it is skipped.
  auto agrees = rule.experimental ? asks_for : skips;
  bool says_so = agrees(options_, rule);
  if (!says_so) {
    std::optional<CheckOptions> here = options_of(comments);
    says_so = here && agrees(*here, rule);
  }
  return says_so == rule.experimental;
}

void Linter::fail_if_wanted() const {
  if (!options_.fail) return;
  std::set<std::string_view> names;
  for (const Diagnostic& diagnostic : found_) {
    // cairn's own rules never fail a build that BuildKit would accept.
    if (diagnostic.rule->origin == RuleOrigin::kBuildKit) names.insert(diagnostic.rule->name);
  }
  if (names.empty()) return;
  throw dockerfile_error("lint violation found for rules: {}", fmt::join(names, ", "));
}

}  // namespace cairn::dockerfile
