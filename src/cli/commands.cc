// SPDX-License-Identifier: Apache-2.0
//
// The list of commands, and the two that need nothing: version and help.
#include "cli/command.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>

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

// The commands that are one word. Those of groups and those that look at the others are not here.
struct Single {
  std::string_view name;
  Command (*declare)(CLI::App& app, Settings& settings);
};

template <Command (*kDeclare)(CLI::App&)>
Command without_settings(CLI::App& app, Settings&) {
  return kDeclare(app);
}

constexpr Single kSingles[] = {{"build", declare_build},
                               {"check", declare_check},
                               {"run", without_settings<declare_run>},
                               {"images", without_settings<declare_images>},
                               {"inspect", without_settings<declare_inspect>},
                               {"history", without_settings<declare_history>},
                               {"tag", without_settings<declare_tag>},
                               {"rmi", without_settings<declare_rmi>},
                               {"pull", declare_pull},
                               {"push", declare_push},
                               {"save", without_settings<declare_save>},
                               {"load", without_settings<declare_load>},
                               {"import", without_settings<declare_import>},
                               {"du", without_settings<declare_du>}};

}  // namespace

std::vector<Command> declare_commands(CLI::App& app, Settings& settings) {
  std::vector<Command> commands;
  for (const Single& single : kSingles) commands.push_back(single.declare(app, settings));
  for (Command& command : declare_prune(app)) commands.push_back(std::move(command));
  for (Command& command : declare_debug(app)) commands.push_back(std::move(command));
  commands.push_back(declare_version(app));
  commands.push_back(declare_help(app));
  return commands;
}

std::vector<Command> declare_likely_command(CLI::App& app, Settings& settings,
                                            std::span<const char* const> words) {
  for (std::string_view word : words) {
    auto single = std::ranges::find(kSingles, word, &Single::name);
    if (single != std::end(kSingles)) return {single->declare(app, settings)};
  }
  return {};
}

}  // namespace cairn::cli
