// SPDX-License-Identifier: Apache-2.0
//
// Expands the base and the platform of one FROM line, and reports the checks about them on the way:
// the expansion knows which variables were used and which were unset. Texts are BuildKit's
// (dockerfile2llb).
#include "plan/internal/from_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "dockerfile/expand.h"
#include "dockerfile/narrow.h"

namespace cairn::plan {
namespace {

namespace rules = dockerfile::rules;

class FromReader {
 public:
  FromReader(const dockerfile::From& from, const dockerfile::Dockerfile& file,
             const Environment& globals, dockerfile::Linter& linter)
      : from_(from), escape_(file.escape), globals_(globals), linter_(linter) {
    for (const dockerfile::Arg& arg : file.global_args) {
      for (const dockerfile::ArgItem& item : arg.items) declared_.push_back(item.key);
    }
    // The builder's own variables, such as TARGETPLATFORM, are declared too.
    for (std::string& name : globals.names()) declared_.push_back(std::move(name));
  }

  FromLine read() const {
    FromLine line{.base = base()};
    if (!from_.platform.empty()) line.platform = platform();
    return line;
  }

 private:
  std::string base() const {
    dockerfile::Expansion found = expand(from_.base);
    report_undeclared(found);
    if (!found.text.empty()) return found.text;
    throw dockerfile_error("base name ({}) should not be blank", from_.base)
        .with_hint(blank_hint(found))
        .at(dockerfile::narrow(from_.origin.span, from_.base));
  }

  oci::Platform platform() const {
    dockerfile::Expansion found = expand(from_.platform);
    report_undeclared(found);
    report_redundant(found);
    report_constant(found);
    if (found.text.empty()) {
      throw dockerfile_error("empty platform value from expression {}{}", from_.platform,
                             suggestion(found))
          .with_hint(blank_hint(found))
          .at(from_.origin.span);
    }
    auto name_flag = [&](const Error& error) {
      throw dockerfile_error("failed to parse platform {}: {}{}", from_.platform, error.message(),
                             suggestion(found))
          .with_hint(error.hint())
          .at(dockerfile::narrow(from_.origin.span, "--platform"));
    };
    return amend(name_flag, [&] { return oci::Platform::parse(found.text); });
  }

  dockerfile::Expansion expand(const std::string& word) const {
    return at_span(from_.origin.span, [&] {
      return dockerfile::expand_word(word, globals_.variables(), {.escape = escape_});
    });
  }

  // Names the variables that made the word empty.
  static std::string blank_hint(const dockerfile::Expansion& found) {
    if (found.unset.empty()) return "";
    return fmt::format(
        "{} is not set: a FROM line sees only the ARGs above the first FROM and --build-arg",
        fmt::join(found.unset, ", "));
  }

  // " (did you mean X?)" for the first unset variable whose name is close to a known one.
  std::string suggestion(const dockerfile::Expansion& found) const {
    for (const std::string& name : found.unset) {
      if (auto near = nearest_exact(name, globals_.names())) return did_you_mean_exactly(*near);
    }
    return "";
  }

  static std::string did_you_mean_exactly(const std::string& name) {
    return fmt::format(" (did you mean {}?)", name);
  }

  // An ARG without a value is declared too.
  void report_undeclared(const dockerfile::Expansion& found) const {
    for (const std::string& name : found.unset) {
      if (std::find(declared_.begin(), declared_.end(), name) != declared_.end()) continue;
      std::optional<std::string> near = nearest_exact(name, declared_);
      linter_.report(rules::kUndefinedArgInFrom, from_.origin, name,
                     near ? did_you_mean_exactly(*near) : "");
    }
  }

  // --platform=$TARGETPLATFORM alone is the default and redundant.
  void report_redundant(const dockerfile::Expansion& found) const {
    if (found.used != std::set<std::string>{"TARGETPLATFORM"} || !found.unset.empty()) return;
    if (found.text != globals_.find("TARGETPLATFORM")) return;
    linter_.report(rules::kRedundantTargetPlatform, from_.origin, from_.platform);
  }

  // If the name of the stage contains the platform, the constant is intended.
  void report_constant(const dockerfile::Expansion& found) const {
    if (!found.used.empty() || !found.unset.empty()) return;
    std::optional<oci::Platform> platform = oci::Platform::find(found.text);
    if (!platform) return;  // platform() reports it
    if (from_.name.find(platform->os) != std::string::npos ||
        from_.name.find(platform->architecture) != std::string::npos) {
      return;
    }
    linter_.report(rules::kFromPlatformFlagConstDisallowed, from_.origin, go_quote(found.text));
  }

  const dockerfile::From& from_;
  char escape_;
  const Environment& globals_;
  dockerfile::Linter& linter_;
  std::vector<std::string> declared_;
};

}  // namespace

FromLine read_from_line(const dockerfile::From& from, const dockerfile::Dockerfile& file,
                        const Environment& globals, dockerfile::Linter& linter) {
  return FromReader(from, file, globals, linter).read();
}

}  // namespace cairn::plan
