// SPDX-License-Identifier: Apache-2.0
//
// cairn, from the top: declare the commands, read the command line, open what the command needs,
// run it.
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>

#include "base/error.h"
#include "cli/command.h"
#include "cli/session.h"

namespace cairn::cli {
namespace {

int run_chosen(const std::vector<Command>& commands, Settings& settings) {
  for (const Command& command : commands) {
    if (!command.app->parsed()) continue;
    Needs needs = command.fewer_needs ? command.fewer_needs() : command.needs;
    if (needs != Needs::kNothing && settings.root.empty()) settings.root = default_root();
    Session session(settings, needs);
    return command.run(session);
  }
  return 2;  // CLI11 has refused a line without a command already
}

// Whatever file it was that found no room, the store is where most of the room went.
void explain_full_disk(Error& error, const Settings& settings) {
  if ((error.code() != ENOSPC && error.code() != EDQUOT) || settings.root.empty()) return;
  error.set_hint(fmt::format(
      "a disk is full: free some space, or choose another place for the store, which is {} now, "
      "with --root DIR",
      settings.root));
}

// A command line, read with the commands that were declared for it.
struct CommandLine {
  Settings settings;
  CLI::App app{"Builds container images from Dockerfiles, without a daemon and without root.",
               "cairn"};
  std::vector<Command> commands;

  CommandLine() {
    app.require_subcommand(1);
    app.fallthrough();
    app.set_help_all_flag("--help-all", "help of all commands");
    declare_settings(app, settings);
  }
};

// Nothing when it takes more than the likely command to understand the line.
std::unique_ptr<CommandLine> read_as_likely(int argc, char** argv) {
  auto line = std::make_unique<CommandLine>();
  line->commands =
      declare_likely_command(line->app, line->settings, std::span(argv, argv + argc).subspan(1));
  if (line->commands.empty()) return nullptr;
  try {
    line->app.parse(argc, argv);
    return line;
  } catch (const CLI::ParseError&) {
    return nullptr;
  }
}

int run(int argc, char** argv) {
  std::unique_ptr<CommandLine> line = read_as_likely(argc, argv);
  if (line == nullptr) {
    line = std::make_unique<CommandLine>();
    line->commands = declare_commands(line->app, line->settings);
    try {
      line->app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() == 0) return line->app.exit(error);  // --help
      print_error(usage_error(line->app, {argv + 1, argv + argc}, error.what()));
      return exit_code(ErrorKind::kUsage);
    }
  }
  try {
    return run_chosen(line->commands, line->settings);
  } catch (Error& error) {
    explain_full_disk(error, line->settings);
    print_error(error);
    bool by_signal = error.kind() == ErrorKind::kCancelled && Interruption::signal() != 0;
    return by_signal ? 128 + Interruption::signal() : exit_code(error.kind());
  } catch (const std::bad_alloc&) {
    print_error(Error(ErrorKind::kHost, "out of memory"));
    return exit_code(ErrorKind::kHost);
  } catch (const std::exception& error) {
    print_error(Error(ErrorKind::kBug, error.what()));
    return exit_code(ErrorKind::kBug);
  }
}

}  // namespace
}  // namespace cairn::cli

// Only no memory for the table of commands itself may escape: then ending here is all there is.
int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape)
  return cairn::cli::run(argc, argv);
}
