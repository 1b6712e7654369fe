// SPDX-License-Identifier: Apache-2.0
//
// The list of commands, and `version`. A table maps the names of plain commands to their declaring
// functions, so that a command line needs only its own one declared: CLI11 takes longer to declare
// all of them than a fully cached build takes.
#include "cli/command.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>

#include "cli/result.h"
#include "cli/session.h"

namespace cairn::cli {
namespace {

Command declare_version(CLI::App& app) {
  CLI::App* command = app.add_subcommand("version", "print the version");
  return {command, Needs::kNothing, [](Session&) {
            print_result(fmt::format("cairn {}\n", CAIRN_VERSION));
            return 0;
          }};
}

// The commands that are one word. Groups, and commands that look at other commands, are not here.
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

std::vector<Command> declare_named_command(CLI::App& app, Settings& settings,
                                           std::span<const char* const> words) {
  // Any word may be the command, since options of cairn itself may come before it.
  for (std::string_view word : words) {
    auto single = std::ranges::find(kSingles, word, &Single::name);
    if (single != std::end(kSingles)) return {single->declare(app, settings)};
  }
  return {};
}

}  // namespace cairn::cli
