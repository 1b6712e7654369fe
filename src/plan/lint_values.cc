// SPDX-License-Identifier: Apache-2.0
//
// Build checks of values that occur in several instructions: paths that an ignore file excludes,
// and names that look like secrets. The word lists are BuildKit's (linter, SecretsUsedInArgOrEnv).
#include <algorithm>
#include <array>

#include "base/text.h"
#include "plan/internal/lowering.h"

namespace cairn::plan {
namespace {

constexpr std::array<std::string_view, 10> kSecretWords = {
    "apikey",   "auth",  "credential", "credentials", "key",
    "password", "pword", "passwd",     "secret",      "token"};
constexpr std::array<std::string_view, 3> kHarmlessWords = {"public", "file", "version"};

template <std::size_t N>
bool has_word(const std::vector<std::string>& parts, const std::array<std::string_view, N>& words) {
  return std::any_of(parts.begin(), parts.end(), [&](const std::string& part) {
    return std::find(words.begin(), words.end(), part) != words.end();
  });
}

}  // namespace

bool is_hidden_arg(std::string_view name) {
  return name == "BUILDKIT_SBOM_SCAN_CONTEXT" || name == "BUILDKIT_SBOM_SCAN_STAGE";
}

void lint_secret(std::string_view instruction, const std::string& name, const Lowering& context) {
  std::vector<std::string> parts = split(to_lower(name), '_');
  if (!has_word(parts, kSecretWords) || has_word(parts, kHarmlessWords)) return;
  context.linter.report(dockerfile::rules::kSecretsUsedInArgOrEnv, context.origin, instruction,
                        go_quote(name));
}

// An ignore file with exceptions is not checked: anything below an excluded directory may be
// included again.
void lint_ignored(const std::string& path, bool is_add, const Lowering& context) {
  const dockerfile::IgnoreMatcher& ignored = context.options.ignored;
  if (ignored.empty() || ignored.has_exceptions()) return;
  std::string clean = clean_path(path);
  bool whole = clean == "." || clean == "/";
  if (whole ? !ignored.excludes_everything() : !ignored.match(clean).excluded) return;
  context.linter.report(dockerfile::rules::kCopyIgnoredFile, context.origin,
                        is_add ? "Add" : "Copy", go_quote(clean));
}

}  // namespace cairn::plan
