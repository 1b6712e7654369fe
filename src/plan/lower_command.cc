// SPDX-License-Identifier: Apache-2.0
//
// CMD, ENTRYPOINT, SHELL and HEALTHCHECK: commands for containers that run the image. They change
// the config and the history only, and the history texts print Go values, because BuildKit's do.
#include <fmt/format.h>

#include "base/text.h"
#include "dockerfile/duration.h"
#include "plan/internal/lowering.h"

namespace cairn::plan {
namespace {

// A list of strings as Go's %q prints it: ["a" "b"].
std::string quoted(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (const std::string& word : words) out.push_back(go_quote(word));
  return fmt::format("[{}]", fmt::join(out, " "));
}

std::vector<std::string> argv_of(const dockerfile::CommandLine& command,
                                 const oci::ImageConfig& config) {
  return command.shell_form ? with_shell(config, command.words) : command.words;
}

// CMD [] removes the command: a config has no empty list.
std::optional<std::vector<std::string>> unless_empty(const std::vector<std::string>& words) {
  if (words.empty()) return std::nullopt;
  return words;
}

// Only the last instruction of a kind takes effect, so the one before it is reported.
void set_once(std::optional<SourceSpan>& last, const Lowering& context) {
  if (last) {
    context.linter.report(dockerfile::rules::kMultipleInstructionsDisallowed, *last,
                          context.origin.comments, context.origin.keyword);
  }
  last = context.origin.span;
}

// With a shell form, signals reach the shell instead of the program. An explicit SHELL is taken as
// intended.
void lint_shell_form(const dockerfile::CommandLine& command, const Lowering& context) {
  const std::optional<std::vector<std::string>>& shell = context.image().config.shell;
  if (!command.shell_form || (shell && !shell->empty())) return;
  context.linter.report(dockerfile::rules::kJsonArgsRecommended, context.origin,
                        context.origin.keyword);
}

}  // namespace

void lower(const dockerfile::Cmd& cmd, Lowering& context) {
  set_once(context.stage.cmd, context);
  lint_shell_form(cmd.command, context);
  oci::ImageConfig& config = context.image().config;
  std::vector<std::string> argv = argv_of(cmd.command, config);
  config.cmd = unless_empty(argv);
  // As BuildKit writes it for every CMD.
  config.args_escaped = true;
  context.record("CMD " + quoted(argv));
}

void lower(const dockerfile::Entrypoint& entrypoint, Lowering& context) {
  set_once(context.stage.entrypoint, context);
  lint_shell_form(entrypoint.command, context);
  oci::ImageConfig& config = context.image().config;
  std::vector<std::string> argv = argv_of(entrypoint.command, config);
  config.entrypoint = unless_empty(argv);
  // The CMD of the base image belongs to the ENTRYPOINT of the base image.
  if (!context.stage.cmd) config.cmd.reset();
  context.record("ENTRYPOINT " + quoted(argv));
}

void lower(const dockerfile::Shell& shell, Lowering& context) {
  context.image().config.shell = shell.words;
  context.record(fmt::format("SHELL [{}]", fmt::join(shell.words, " ")));
}

void lower(const dockerfile::Healthcheck& check, Lowering& context) {
  set_once(context.stage.healthcheck, context);
  context.image().config.healthcheck = oci::Healthcheck{.test = check.test,
                                                        .interval = check.interval,
                                                        .timeout = check.timeout,
                                                        .start_period = check.start_period,
                                                        .start_interval = check.start_interval,
                                                        .retries = check.retries};
  using dockerfile::format_duration;
  context.record(fmt::format(
      "HEALTHCHECK {{Test:[{}] Interval:{} Timeout:{} StartPeriod:{} StartInterval:{} Retries:{}}}",
      fmt::join(check.test, " "), format_duration(check.interval), format_duration(check.timeout),
      format_duration(check.start_period), format_duration(check.start_interval), check.retries));
}

}  // namespace cairn::plan
