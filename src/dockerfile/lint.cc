// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/lint.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "dockerfile/internal/directives.h"
#include "dockerfile/internal/runes.h"

namespace cairn::dockerfile {
namespace {

template <typename... Args>
Error failure(fmt::format_string<Args...> format, Args&&... args) {
  return Error::of(ErrorKind::kDockerfile, format, std::forward<Args>(args)...);
}

// A value ends at the first space: what follows may say why.
std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find(' '));
}

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

// The spellings of Go's ParseBool.
bool parse_truth(std::string_view text, std::string_view option) {
  std::string_view value = trim_space(text);
  for (std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (value == yes) return true;
  }
  for (std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (value == no) return false;
  }
  throw failure("failed to parse check option {}: strconv.ParseBool: parsing {}: invalid syntax",
                go_quote(option), go_quote(value));
}

void read_option(std::string_view option, CheckOptions& options) {
  std::size_t sign = option.find('=');
  if (sign == std::string_view::npos) throw failure("invalid check option {}", go_quote(option));
  std::string_view key = trim_space(option.substr(0, sign));
  std::string_view value = option.substr(sign + 1);
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
    throw failure("invalid check option {}", go_quote(key));
  }
}

// What the comments above an instruction say; only the first that is a check counts, and one that
// cannot be read is a comment like any other.
std::optional<CheckOptions> options_of(const std::vector<std::string>& comments) {
  for (const std::string& comment : comments) {
    std::optional<NameAndValue> pair = split_directive(comment);
    if (!pair || pair->name != "check") continue;
    try {
      return parse_check_options(first_word(pair->value));
    } catch (const Error&) {
      return std::nullopt;
    }
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
  // The third part holds all that is left, as in BuildKit.
  for (int part = 1; !text.empty(); ++part) {
    std::size_t end = part == 3 ? std::string_view::npos : text.find(';');
    read_option(text.substr(0, end), options);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
    if (text.empty()) throw failure("invalid check option \"\"");
  }
  return options;
}

CheckOptions check_options(const std::vector<Directive>& directives,
                           const std::optional<std::string>& build_arg) {
  if (build_arg) {
    try {
      return parse_check_options(*build_arg);
    } catch (const Error& error) {
      throw Error::of(ErrorKind::kUsage, "failed to parse build-arg:BUILDKIT_DOCKERFILE_CHECK: {}",
                      error.message());
    }
  }
  auto found = std::find_if(directives.begin(), directives.end(),
                            [](const Directive& one) { return one.name == "check"; });
  if (found == directives.end()) return {};
  try {
    return parse_check_options(first_word(found->value));
  } catch (const Error& error) {
    throw failure("failed to parse check options: {}", error.message())
        .with_hint(
            "the options are skip=RULE,RULE or skip=all, error=true, experimental=RULE or all")
        .at(found->span);
  }
}

bool Linter::wants(const LintRule& rule, const std::vector<std::string>& comments) const {
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
    if (diagnostic.rule->origin == RuleOrigin::kBuildKit) names.insert(diagnostic.rule->name);
  }
  if (names.empty()) return;
  throw failure("lint violation found for rules: {}", fmt::join(names, ", "));
}

}  // namespace cairn::dockerfile
