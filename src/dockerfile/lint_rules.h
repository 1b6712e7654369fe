// SPDX-License-Identifier: Apache-2.0
//
// The build checks as a table: BuildKit's, with its names, texts and addresses (the tests hold
// every word against BuildKit's), and a few of cairn's own. A rule's `text` is a format string for
// what is said when it fires.
#pragma once

#include <span>
#include <string_view>

namespace cairn::dockerfile {

// Whose rule it is. Those of cairn are looked at by `cairn check` alone: a build that BuildKit lets
// pass with "check=error=true" must pass here too.
enum class RuleOrigin { kBuildKit, kCairn };

struct LintRule {
  std::string_view name;
  std::string_view description;
  std::string_view url;  // "" when there is no page
  std::string_view text;
  bool experimental = false;  // must be asked for, and cannot be skipped
  RuleOrigin origin = RuleOrigin::kBuildKit;
};

namespace rules {

extern const LintRule kStageNameCasing;
extern const LintRule kFromAsCasing;
extern const LintRule kNoEmptyContinuation;
extern const LintRule kConsistentInstructionCasing;
extern const LintRule kDuplicateStageName;
extern const LintRule kReservedStageName;
extern const LintRule kJsonArgsRecommended;
extern const LintRule kMaintainerDeprecated;
extern const LintRule kUndefinedArgInFrom;
extern const LintRule kWorkdirRelativePath;
extern const LintRule kUndefinedVar;
extern const LintRule kMultipleInstructionsDisallowed;
extern const LintRule kLegacyKeyValueFormat;
extern const LintRule kInvalidBaseImagePlatform;
extern const LintRule kRedundantTargetPlatform;
extern const LintRule kSecretsUsedInArgOrEnv;
extern const LintRule kInvalidDefaultArgInFrom;
extern const LintRule kFromPlatformFlagConstDisallowed;
extern const LintRule kCopyIgnoredFile;
extern const LintRule kInvalidDefinitionDescription;
extern const LintRule kExposeProtoCasing;
extern const LintRule kExposeInvalidFormat;

// --- cairn's own ---

extern const LintRule kAddWithoutChecksum;
extern const LintRule kAptUpdateAlone;
extern const LintRule kArgBeforeUse;
extern const LintRule kChangedAfterCopy;
extern const LintRule kHeredocWithoutErrexit;
extern const LintRule kShellFormLooksLikeJson;

}  // namespace rules

}  // namespace cairn::dockerfile
