// SPDX-License-Identifier: Apache-2.0
//
// Names, descriptions, URLs and texts of BuildKit's rules are copied word for word
// (frontend/dockerfile/linter/ruleset.go), because users search for them and tools match them. Each
// rule is an object of its own, so that code which reports it names it.
#include "dockerfile/lint_rules.h"

namespace cairn::dockerfile::rules {

const LintRule kStageNameCasing = {
    .name = "StageNameCasing",
    .description = "Stage names should be lowercase",
    .url = "https://docs.docker.com/go/dockerfile/rule/stage-name-casing/",
    .text = "Stage name '{}' should be lowercase"};

const LintRule kFromAsCasing = {
    .name = "FromAsCasing",
    .description = "The 'as' keyword should match the case of the 'from' keyword",
    .url = "https://docs.docker.com/go/dockerfile/rule/from-as-casing/",
    .text = "'{}' and '{}' keywords' casing do not match"};

const LintRule kNoEmptyContinuation = {
    .name = "NoEmptyContinuation",
    .description = "Empty continuation lines will become errors in a future release",
    .url = "https://docs.docker.com/go/dockerfile/rule/no-empty-continuation/",
    .text = "Empty continuation line"};

const LintRule kConsistentInstructionCasing = {
    .name = "ConsistentInstructionCasing",
    .description =
        "All commands within the Dockerfile should use the same casing (either upper or lower)",
    .url = "https://docs.docker.com/go/dockerfile/rule/consistent-instruction-casing/",
    .text = "Command '{}' should match the case of the command majority ({})"};

const LintRule kDuplicateStageName = {
    .name = "DuplicateStageName",
    .description = "Stage names should be unique",
    .url = "https://docs.docker.com/go/dockerfile/rule/duplicate-stage-name/",
    .text = "Duplicate stage name {}, stage names should be unique"};

const LintRule kReservedStageName = {
    .name = "ReservedStageName",
    .description = "Reserved words should not be used as stage names",
    .url = "https://docs.docker.com/go/dockerfile/rule/reserved-stage-name/",
    .text = "Stage name should not use the same name as reserved stage {}"};

const LintRule kJsonArgsRecommended = {
    .name = "JSONArgsRecommended",
    .description =
        "JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to "
        "OS signals",
    .url = "https://docs.docker.com/go/dockerfile/rule/json-args-recommended/",
    .text =
        "JSON arguments recommended for {} to prevent unintended behavior related to OS signals"};

const LintRule kMaintainerDeprecated = {
    .name = "MaintainerDeprecated",
    .description =
        "The MAINTAINER instruction is deprecated, use a label instead to define an image author",
    .url = "https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/",
    .text = "Maintainer instruction is deprecated in favor of using label"};

const LintRule kUndefinedArgInFrom = {
    .name = "UndefinedArgInFrom",
    .description = "FROM command must use declared ARGs",
    .url = "https://docs.docker.com/go/dockerfile/rule/undefined-arg-in-from/",
    .text = "FROM argument '{}' is not declared{}"};

const LintRule kWorkdirRelativePath = {
    .name = "WorkdirRelativePath",
    .description =
        "Relative workdir without an absolute workdir declared within the build can have "
        "unexpected results if the base image changes",
    .url = "https://docs.docker.com/go/dockerfile/rule/workdir-relative-path/",
    .text = "Relative workdir {} can have unexpected results if the base image changes"};

const LintRule kUndefinedVar = {.name = "UndefinedVar",
                                .description = "Variables should be defined before their use",
                                .url = "https://docs.docker.com/go/dockerfile/rule/undefined-var/",
                                .text = "Usage of undefined variable '${}'{}"};

const LintRule kMultipleInstructionsDisallowed = {
    .name = "MultipleInstructionsDisallowed",
    .description = "Multiple instructions of the same type should not be used in the same stage",
    .url = "https://docs.docker.com/go/dockerfile/rule/multiple-instructions-disallowed/",
    .text =
        "Multiple {} instructions should not be used in the same stage because only the last one "
        "will be used"};

const LintRule kLegacyKeyValueFormat = {
    .name = "LegacyKeyValueFormat",
    .description = "Legacy key/value format with whitespace separator should not be used",
    .url = "https://docs.docker.com/go/dockerfile/rule/legacy-key-value-format/",
    .text = "\"{0} key=value\" should be used instead of legacy \"{0} key value\" format"};

const LintRule kInvalidBaseImagePlatform = {
    .name = "InvalidBaseImagePlatform",
    .description = "Base image platform does not match expected target platform",
    .url = "",
    .text = "Base image {} was pulled with platform {}, expected {} for current build"};

const LintRule kRedundantTargetPlatform = {
    .name = "RedundantTargetPlatform",
    .description =
        "Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the "
        "default behavior",
    .url = "https://docs.docker.com/go/dockerfile/rule/redundant-target-platform/",
    .text =
        "Setting platform to predefined {} in FROM is redundant as this is the default behavior"};

const LintRule kSecretsUsedInArgOrEnv = {
    .name = "SecretsUsedInArgOrEnv",
    .description = "Sensitive data should not be used in the ARG or ENV commands",
    .url = "https://docs.docker.com/go/dockerfile/rule/secrets-used-in-arg-or-env/",
    .text = "Do not use ARG or ENV instructions for sensitive data ({} {})"};

const LintRule kInvalidDefaultArgInFrom = {
    .name = "InvalidDefaultArgInFrom",
    .description = "Default value for global ARG results in an empty or invalid base image name",
    .url = "https://docs.docker.com/go/dockerfile/rule/invalid-default-arg-in-from/",
    .text = "Default value for ARG {} results in empty or invalid base image name"};

const LintRule kFromPlatformFlagConstDisallowed = {
    .name = "FromPlatformFlagConstDisallowed",
    .description = "FROM --platform flag should not use a constant value",
    .url = "https://docs.docker.com/go/dockerfile/rule/from-platform-flag-const-disallowed/",
    .text = "FROM --platform flag should not use constant value {}"};

const LintRule kCopyIgnoredFile = {
    .name = "CopyIgnoredFile",
    .description = "Attempting to Copy file that is excluded by .dockerignore",
    .url = "https://docs.docker.com/go/dockerfile/rule/copy-ignored-file/",
    .text = "Attempting to {} file {} that is excluded by .dockerignore"};

const LintRule kInvalidDefinitionDescription = {
    .name = "InvalidDefinitionDescription",
    .description =
        "Comment for build stage or argument should follow the format: `# <arg/stage name> "
        "<description>`. If this is not intended to be a description comment, add an empty line "
        "or comment between the instruction and the comment.",
    .url = "https://docs.docker.com/go/dockerfile/rule/invalid-definition-description/",
    .text = "Comment for {} should follow the format: `# {} <description>`",
    .experimental = true};

const LintRule kExposeProtoCasing = {
    .name = "ExposeProtoCasing",
    .description = "Protocol in EXPOSE instruction should be lowercase",
    .url = "https://docs.docker.com/go/dockerfile/rule/expose-proto-casing/",
    .text = "Defined protocol '{}' in EXPOSE instruction should be lowercase"};

const LintRule kExposeInvalidFormat = {
    .name = "ExposeInvalidFormat",
    .description =
        "IP address and host-port mapping should not be used in EXPOSE instruction. This will "
        "become an error in a future release",
    .url = "https://docs.docker.com/go/dockerfile/rule/expose-invalid-format/",
    .text = "EXPOSE instruction should not define an IP address or host-port mapping, found '{}'"};

// --- cairn's own ---

constexpr std::string_view kOwnPage = "cairn help checks";

const LintRule kAddWithoutChecksum = {
    .name = "AddWithoutChecksum",
    .description = "A file from the network should be held against a checksum",
    .url = kOwnPage,
    .text = "ADD {} takes whatever the server sends: give --checksum=sha256:...",
    .origin = RuleOrigin::kCairn};

const LintRule kAptUpdateAlone = {
    .name = "AptUpdateAlone",
    .description = "Package lists in a layer of their own grow old in the cache",
    .url = kOwnPage,
    .text =
        "{0} update alone: the cached lists will be older than the packages that a later RUN "
        "asks for; write {0} update && {0} install in one RUN",
    .origin = RuleOrigin::kCairn};

const LintRule kArgBeforeUse = {
    .name = "ArgBeforeUse",
    .description = "Every RUN below an ARG runs again when its value changes",
    .url = kOwnPage,
    .text =
        "ARG {} is first used on line {}, yet a new value also runs line {} again: declare it "
        "below that",
    .origin = RuleOrigin::kCairn};

const LintRule kChangedAfterCopy = {
    .name = "ChangedAfterCopy",
    .description = "Changing mode or owner of a copied file stores it a second time",
    .url = kOwnPage,
    .text = "{0} of {1}, which was just copied, stores it a second time: write {2} --{0}={3}",
    .origin = RuleOrigin::kCairn};

const LintRule kHeredocWithoutErrexit = {
    .name = "HeredocWithoutErrexit",
    .description = "A heredoc goes on after a command that fails",
    .url = kOwnPage,
    .text =
        "Only the last command of this heredoc decides whether the step failed: start it with "
        "set -e",
    .origin = RuleOrigin::kCairn};

const LintRule kShellFormLooksLikeJson = {
    .name = "ShellFormLooksLikeJson",
    .description = "What starts like a JSON array and is none is plain text",
    .url = kOwnPage,
    .text =
        "{} looks like a JSON array and is not valid JSON, so it is taken as plain text: double "
        "quotes around each word, commas between them",
    .origin = RuleOrigin::kCairn};

}  // namespace cairn::dockerfile::rules
