// SPDX-License-Identifier: Apache-2.0
//
// CMD, ENTRYPOINT, SHELL and HEALTHCHECK: commands that the image runs later.
#include <fmt/format.h>

#include "base/text.h"
#include "dockerfile/duration.h"
#include "plan/internal/lowering.h"

namespace cairn::plan {
namespace {

// A list as Go's %q prints it: ["a" "b"].
std::string quoted(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (const std::string& word : words) out.push_back(go_quote(word));
  return fmt::format("[{}]", fmt::join(out, " "));
}

std::vector<std::string> argv_of(const dockerfile::CommandLine& command,
                                 const oci::ImageConfig& config) {
  return command.shell_form ? with_shell(config, command.words) : command.words;
}

// An empty list is no list in a config: CMD [] takes the command away.
std::optional<std::vector<std::string>> unless_empty(const std::vector<std::string>& words) {
  if (words.empty()) return std::nullopt;
  return words;
}

}  // namespace

void lower(const dockerfile::Cmd& cmd, Lowering& context) {
  oci::ImageConfig& config = context.image().config;
  std::vector<std::string> argv = argv_of(cmd.command, config);
  config.cmd = unless_empty(argv);
  config.args_escaped = true;
  context.stage.cmd_set = true;
  context.record("CMD " + quoted(argv));
}

void lower(const dockerfile::Entrypoint& entrypoint, Lowering& context) {
  oci::ImageConfig& config = context.image().config;
  std::vector<std::string> argv = argv_of(entrypoint.command, config);
  config.entrypoint = unless_empty(argv);
  // The CMD of the base was made for the base's entrypoint.
  if (!context.stage.cmd_set) config.cmd.reset();
  context.record("ENTRYPOINT " + quoted(argv));
}

void lower(const dockerfile::Shell& shell, Lowering& context) {
  context.image().config.shell = shell.words;
  context.record(fmt::format("SHELL [{}]", fmt::join(shell.words, " ")));
}

void lower(const dockerfile::Healthcheck& check, Lowering& context) {
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
