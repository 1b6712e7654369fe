// SPDX-License-Identifier: Apache-2.0
//
// The table of build checks: BuildKit's, with its names, texts and URLs (tests compare every word),
// and a few of cairn's own. `text` is the format string of a message.
#pragma once

#include <span>
#include <string_view>

namespace cairn::dockerfile {

// The origin of a rule. Only `cairn check` runs cairn's own: a build with "check=error=true" that
// passes in BuildKit must pass here.
enum class RuleOrigin { kBuildKit, kCairn };

struct LintRule {
  std::string_view name;
  std::string_view description;
  std::string_view url;  // "" when there is no page
  std::string_view text;
  bool experimental = false;  // off unless named in "experimental"; cannot be skipped
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
