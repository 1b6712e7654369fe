// SPDX-License-Identifier: Apache-2.0
//
// Precedence: a build argument, then the default of a global ARG, then the builder's own value.
// Defaults see what is above them, so they are expanded in order, with a bound on their sum.
#include "plan/internal/global_args.h"

#include <fmt/format.h>

#include <array>
#include <set>
#include <utility>

#include "base/attempt.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"

namespace cairn::plan {
namespace {

// Arguments that the builder itself reads, which need no ARG.
struct SpecialArg {
  std::string_view name;
  std::string_view idle = {};  // why it has no effect here
};
constexpr SpecialArg kSpecialArgs[] = {
    {"BUILDKIT_BUILD_NAME", "no record of builds is kept"},
    {"BUILDKIT_CACHE_MOUNT_NS"},
    {"BUILDKIT_CONTEXT_KEEP_GIT_DIR"},
    {"BUILDKIT_DOCKERFILE_CHECK"},
    {"BUILDKIT_HISTORY_PROVENANCE_V1", "attestations are not made"},
    {"BUILDKIT_INLINE_CACHE", "images carry no cache"},
    {"BUILDKIT_MULTI_PLATFORM"},
    {"BUILDKIT_SANDBOX_HOSTNAME"},
    {"BUILDKIT_SBOM_SCAN_CONTEXT", "attestations are not made"},
    {"BUILDKIT_SBOM_SCAN_STAGE", "attestations are not made"},
    {"BUILDKIT_SYNTAX", "there are no frontends"},
    {"SOURCE_DATE_EPOCH"}};

constexpr std::array<std::string_view, 11> kPlatformArgs = {
    "BUILDPLATFORM", "BUILDOS",        "BUILDOSVERSION", "BUILDARCH",
    "BUILDVARIANT",  "TARGETPLATFORM", "TARGETOS",       "TARGETOSVERSION",
    "TARGETARCH",    "TARGETVARIANT",  "TARGETSTAGE"};

// Proxy variables are passed to commands without an ARG, in any case.
bool is_proxy(std::string_view name) {
  for (std::string_view proxy :
       {"http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy"}) {
    if (equal_fold(name, proxy)) return true;
  }
  return false;
}

// In the order of kPlatformArgs.
std::array<std::string, 11> platform_values(const dockerfile::Dockerfile& file,
                                            const BuildOptions& options) {
  const oci::Platform& build = options.build_platform;
  oci::Platform target = options.platform.value_or(build);
  std::string stage = options.target.empty() ? file.stages.back().from.name : options.target;
  return {build.str(),
          build.os,
          build.os_version,
          build.architecture,
          build.variant,
          target.str(),
          target.os,
          target.os_version,
          target.architecture,
          target.variant,
          stage.empty() ? "default" : stage};
}

Environment with_global_args(Environment globals, const dockerfile::Dockerfile& file,
                             const BuildArgs& build_args) {
  std::size_t size = 0;
  for (const dockerfile::Arg& arg : file.global_args) {
    for (const dockerfile::ArgItem& item : arg.items) {
      auto given = build_args.find(item.key);
      if (given != build_args.end()) {
        globals.set(item.key, given->second);
      } else if (item.value) {
        std::string value = expand_in_from(*item.value, globals, file.escape, arg.origin.span);
        size += value.size();
        // Values that are only written out are bounded by the file itself.
        if (size > limits::kAllExpansions + file.source->text.size()) {
          throw dockerfile_error(
              "the variables of this Dockerfile come to more than {} bytes in all",
              limits::kAllExpansions)
              .at(arg.origin.span);
        }
        globals.set(item.key, value);
      }
    }
  }
  return globals;
}

// A word that cannot be expanded ends the check. The build reports it.
void lint_default_bases(const dockerfile::Dockerfile& file, const Environment& builtin,
                        dockerfile::Linter& linter) {
  best_effort([&] {
    // Without build arguments: the check is about the defaults.
    Environment globals = with_global_args(builtin, file, {});
    for (const dockerfile::Stage& stage : file.stages) {
      const dockerfile::From& from = stage.from;
      if (oci::Reference::find(expand_in_from(from.base, globals, file.escape, from.origin.span)))
        continue;
      linter.report(dockerfile::rules::kInvalidDefaultArgInFrom, from.origin.span, {}, from.base);
    }
  });
}

}  // namespace

Environment builtin_args(const dockerfile::Dockerfile& file, const BuildOptions& options,
                         const BuildArgs& build_args) {
  Environment globals;
  std::array<std::string, 11> values = platform_values(file, options);
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto given = build_args.find(std::string(kPlatformArgs[i]));
    globals.set(kPlatformArgs[i], given == build_args.end() ? values[i] : given->second);
  }
  return globals;
}

Environment global_args(const dockerfile::Dockerfile& file, const BuildOptions& options,
                        const BuildArgs& build_args, dockerfile::Linter& linter) {
  Environment builtin = builtin_args(file, options, build_args);
  lint_default_bases(file, builtin, linter);
  return with_global_args(std::move(builtin), file, build_args);
}

std::string expand_in_from(const std::string& word, const Environment& globals, char escape,
                           const SourceSpan& span) {
  return at_span(span, [&] {
    return dockerfile::expand_word(word, globals.variables(), {.escape = escape}).text;
  });
}

std::vector<std::string> unused_build_args(const dockerfile::Dockerfile& file,
                                           const BuildOptions& options,
                                           const std::vector<std::string>& trigger_args) {
  std::set<std::string> declared(trigger_args.begin(), trigger_args.end());
  // An ARG in any stage counts, even in one that the target does not need.
  auto declare = [&](const dockerfile::Arg& arg) {
    for (const dockerfile::ArgItem& item : arg.items) declared.insert(item.key);
  };
  for (const dockerfile::Arg& arg : file.global_args) declare(arg);
  for (const dockerfile::Stage& stage : file.stages) {
    for (const dockerfile::Instruction& instruction : stage.instructions) {
      if (const auto* arg = std::get_if<dockerfile::Arg>(&instruction)) declare(*arg);
    }
  }
  // Suggestions are names of the file only, not special arguments.
  std::vector<std::string> candidates(declared.begin(), declared.end());
  declared.insert(kPlatformArgs.begin(), kPlatformArgs.end());
  std::vector<std::string> warnings;
  for (const SpecialArg& special : kSpecialArgs) {
    std::string name(special.name);
    if (!special.idle.empty() && options.build_args.contains(name) && !declared.contains(name))
      warnings.push_back(fmt::format("build argument {} has no effect: {}", name, special.idle));
    declared.insert(std::move(name));
  }
  for (const auto& [key, value] : options.build_args) {
    if (declared.contains(key) || is_proxy(key)) continue;
    warnings.push_back(fmt::format("build argument {} is not declared by any ARG{}, ignoring it",
                                   key, did_you_mean(key, candidates)));
  }
  return warnings;
}

}  // namespace cairn::plan
