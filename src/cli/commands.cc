// SPDX-License-Identifier: Apache-2.0
//
// The list of commands, and the two that need nothing: version and help.
#include "cli/command.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/session.h"

namespace cairn::cli {
namespace {

Command declare_version(CLI::App& app) {
  CLI::App* command = app.add_subcommand("version", "print the version");
  return {command, Needs::kNothing, [](Session&) {
            fmt::print("cairn {}\n", CAIRN_VERSION);
            return 0;
          }};
}

int help(CLI::App& app, const std::string& topic) {
  if (topic.empty()) {
    // app.help() would hand on to the command that was parsed, which is this one.
    fmt::print("{}", app.get_formatter()->make_help(&app, "cairn", CLI::AppFormatMode::Normal));
    return 0;
  }
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) {
    names.push_back(command->get_name());
    if (names.back() != topic) continue;
    fmt::print("{}", command->help("cairn"));
    return 0;
  }
  throw Error::of(ErrorKind::kUsage, "no command \"{}\"{}", topic, did_you_mean(topic, names));
}

Command declare_help(CLI::App& app) {
  CLI::App* command = app.add_subcommand("help", "print help, or that of one command");
  auto topic = std::make_shared<std::string>();
  command->add_option("COMMAND", *topic)->option_text(" ");
  return {command, Needs::kNothing, [&app, topic](Session&) { return help(app, *topic); }};
}

}  // namespace

std::vector<Command> declare_commands(CLI::App& app, Settings& settings) {
  std::vector<Command> commands = {declare_build(app, settings),
                                   declare_check(app, settings),
                                   declare_run(app),
                                   declare_images(app),
                                   declare_inspect(app),
                                   declare_history(app),
                                   declare_tag(app),
                                   declare_rmi(app),
                                   declare_pull(app, settings),
                                   declare_push(app, settings),
                                   declare_save(app),
                                   declare_load(app),
                                   declare_import(app),
                                   declare_du(app)};
  for (Command& command : declare_prune(app)) commands.push_back(std::move(command));
  for (Command& command : declare_debug(app)) commands.push_back(std::move(command));
  commands.push_back(declare_version(app));
  commands.push_back(declare_help(app));
  return commands;
}

}  // namespace cairn::cli
