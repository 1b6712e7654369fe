// SPDX-License-Identifier: Apache-2.0
//
// A value is tried as a number, then "context", then a named context, then a stage. A stage is read
// without lowering it, because the epoch must be known before anything is lowered. So it may only
// contain ARG and one remote ADD.
#include "plan/internal/source_date_epoch.h"

#include <fmt/format.h>

#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "plan/internal/remote_source.h"
#include "plan/internal/stage_graph.h"

namespace cairn::plan {
namespace {

// The years 0 to 9999, the range of RFC 3339 and so of image configs.
constexpr std::int64_t kFirstSecond = -62'167'219'200;
constexpr std::int64_t kLastSecond = 253'402'300'799;

std::optional<std::int64_t> parse_seconds(std::string_view text) {
  // Go's ParseInt accepts a sign; from_chars only "-". "+-1" stays malformed.
  if (text.starts_with('+')) text.remove_prefix(text.starts_with("+-") ? 0 : 1);
  std::int64_t seconds = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return seconds;
}

// Reads a stage that SOURCE_DATE_EPOCH names: the source of its one ADD.
class EpochStage {
 public:
  EpochStage(const dockerfile::Stage& stage, const dockerfile::Dockerfile& file,
             const BuildArgs& build_args, Environment env)
      : stage_(stage), escape_(file.escape), build_args_(build_args), env_(std::move(env)) {}

  RemoteSource source() && {
    const SourceSpan& span = stage_.from.origin.span;
    // A stage with a base would have more than one time.
    if (expand_in_from(stage_.from.base, env_, escape_, span) != "scratch") {
      throw dockerfile_error("SOURCE_DATE_EPOCH stage must use FROM scratch").at(span);
    }
    for (const dockerfile::Instruction& instruction : stage_.instructions) {
      at_span(dockerfile::origin_of(instruction).span, [&] { take(instruction); });
    }
    if (!source_) {
      throw dockerfile_error("SOURCE_DATE_EPOCH stage must contain exactly one remote ADD")
          .at(span);
    }
    return *std::move(source_);
  }

 private:
  void take(const dockerfile::Instruction& instruction) {
    if (const auto* arg = std::get_if<dockerfile::Arg>(&instruction)) {
      declare(*arg);
    } else if (const auto* add = std::get_if<dockerfile::Add>(&instruction)) {
      take_source(*add);
    } else {
      throw dockerfile_error(
          "SOURCE_DATE_EPOCH stage does not meet source-only requirements: unsupported {} "
          "instruction",
          to_lower(dockerfile::origin_of(instruction).keyword));
    }
  }

  void declare(const dockerfile::Arg& arg) {
    for (const dockerfile::ArgItem& item : arg.items) {
      auto given = build_args_.find(item.key);
      if (given != build_args_.end()) {
        env_.set(item.key, given->second);
      } else if (item.value) {
        env_.set(item.key, expand_in_from(*item.value, env_, escape_, arg.origin.span));
      }
    }
  }

  void take_source(const dockerfile::Add& add) {
    if (source_)
      throw dockerfile_error("SOURCE_DATE_EPOCH stage must contain exactly one remote ADD");
    if (add.files.paths.size() != 1 || !add.files.inline_sources.empty()) {
      throw dockerfile_error("SOURCE_DATE_EPOCH stage must contain exactly one remote ADD source");
    }
    auto expand = [&](const std::string& word) {
      return expand_in_from(word, env_, escape_, add.origin.span);
    };
    source_ = remote_source(add, expand(add.files.paths[0]), expand(add.checksum));
    if (!source_) {
      throw dockerfile_error("SOURCE_DATE_EPOCH stage source must be a single HTTP(S) or Git ADD");
    }
  }

  const dockerfile::Stage& stage_;
  char escape_;
  const BuildArgs& build_args_;
  Environment env_;
  std::optional<RemoteSource> source_;
};

class EpochReader {
 public:
  EpochReader(const EpochScope& scope, const BuildArgs& build_args, const Environment& globals)
      : scope_(scope), build_args_(build_args), globals_(globals) {}

  std::optional<Timestamp> read(const std::string& value) const {
    if (value.empty()) return std::nullopt;
    if (std::optional<std::int64_t> seconds = parse_seconds(value)) {
      // Beyond this range the config could not be written.
      if (*seconds >= kFirstSecond && *seconds <= kLastSecond)
        return Timestamp{.seconds = *seconds};
      throw invalid(value).with_hint("it must lie in the years 0 to 9999");
    }
    std::optional<RemoteSource> source = source_of(value);
    if (scope_.times == nullptr) return std::nullopt;
    std::optional<Timestamp> time = source ? scope_.times->time_of(*source) : std::nullopt;
    if (time) return Timestamp{.seconds = time->seconds};
    scope_.warnings.push_back(
        fmt::format("SOURCE_DATE_EPOCH={} has no time of its own, building without", value));
    return std::nullopt;
  }

 private:
  // nullopt for a source without a time: a directory or an image.
  std::optional<RemoteSource> source_of(const std::string& value) const {
    if (value == "context") return scope_.options.context_source;
    const oci::Platform& platform = scope_.options.platform.value_or(scope_.options.build_platform);
    if (auto key = find_context(scope_.options, value, platform)) {
      const NamedContext& context = scope_.options.contexts.at(*key);
      if (const auto* git = std::get_if<GitContext>(&context)) return git->op;
      if (const auto* http = std::get_if<HttpContext>(&context)) return http->op;
      return std::nullopt;
    }
    for (const dockerfile::Stage& stage : scope_.file.stages) {
      if (stage.from.name.empty() || !equal_fold(stage.from.name, value)) continue;
      Environment env = globals_;
      // The stage must not depend on the value that it defines.
      env.erase(kSourceDateEpoch);
      return EpochStage(stage, scope_.file, build_args_, std::move(env)).source();
    }
    throw invalid(value).with_hint(
        "it is a number of seconds since 1970, \"context\", a named context or a stage of ADD");
  }

  // Points at the origin of the value: the command line, or the line of the file.
  Error invalid(const std::string& value) const {
    std::string text = fmt::format("invalid {}: {}", kSourceDateEpoch, value);
    if (build_args_.contains(kSourceDateEpoch)) return Error(ErrorKind::kUsage, std::move(text));
    Error error(ErrorKind::kDockerfile, std::move(text));
    for (const dockerfile::Arg& arg : scope_.file.global_args) {
      for (const dockerfile::ArgItem& item : arg.items) {
        if (item.key == kSourceDateEpoch) error.set_span_if_none(arg.origin.span);
      }
    }
    return error;
  }

  const EpochScope& scope_;
  const BuildArgs& build_args_;
  const Environment& globals_;
};

}  // namespace

std::optional<Timestamp> take_source_date_epoch(const EpochScope& scope, BuildArgs& build_args,
                                                Environment& globals) {
  auto given = build_args.find(kSourceDateEpoch);
  std::optional<std::string> declared = globals.find(kSourceDateEpoch);
  std::string value = given != build_args.end() ? given->second : declared.value_or("");
  std::optional<Timestamp> epoch = EpochReader(scope, build_args, globals).read(value);
  std::string number = epoch ? std::to_string(epoch->seconds) : "";
  // Instructions must see the number, never the name of a source.
  if (given != build_args.end()) {
    if (epoch) {
      given->second = number;
    } else {
      build_args.erase(given);
    }
  }
  if (declared && epoch) globals.set(kSourceDateEpoch, number);
  if (declared && !epoch) globals.erase(kSourceDateEpoch);
  return epoch;
}

}  // namespace cairn::plan
