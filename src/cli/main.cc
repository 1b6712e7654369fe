// SPDX-License-Identifier: Apache-2.0
//
// cairn, from the top: declare the commands, parse the command line, open what the command needs,
// run it, and turn what was thrown into an exit status. The command line is parsed with only the
// likely command declared first, since declaring all takes longer than a cached build.
#include <signal.h>
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <sstream>

#include "base/attempt.h"
#include "base/error.h"
#include "base/sys/known_state.h"
#include "cli/command.h"
#include "cli/result.h"
#include "cli/session.h"
#include "sandbox/launcher.h"

namespace cairn::cli {
namespace {

int run_chosen(const std::vector<Command>& commands, Settings& settings) {
  for (const Command& command : commands) {
    if (!command.app->parsed()) continue;
    // Known only now that the flags are parsed.
    Needs needs = command.fewer_needs ? command.fewer_needs() : command.needs;
    if (needs != Needs::kNothing && settings.root.empty()) settings.root = default_root();
    Session session(settings, command, needs);
    return command.run(session);
  }
  return 2;  // not reached: CLI11 refuses a line without a command
}

// Whichever file did not fit, the store is what fills the disk most.
void explain_full_disk(Error& error, const Settings& settings) {
  if ((error.code() != ENOSPC && error.code() != EDQUOT) || settings.root.empty()) return;
  error.set_hint(fmt::format(
      "a disk is full: free some space, or choose another place for the store, which is {} now, "
      "with --root DIR",
      settings.root));
}

// A command line with the commands that were declared to parse it.
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

// Why the line cannot be parsed, or asks for help; nullopt when it was parsed.
std::optional<CLI::ParseError> refusal_of(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    return error;
  }
}

// Returns null if parsing takes more than the likely command.
std::unique_ptr<CommandLine> parse_fast(int argc, char** argv) {
  auto line = std::make_unique<CommandLine>();
  line->commands =
      declare_named_command(line->app, line->settings, std::span(argv, argv + argc).subspan(1));
  if (line->commands.empty()) return nullptr;
  if (refusal_of(line->app, argc, argv)) return nullptr;
  return line;
}

// Parses with all commands declared. Returns false if the line asks for help, which is then
// printed.
bool read_line(CommandLine& line, int argc, char** argv) {
  line.commands = declare_commands(line.app, line.settings);
  std::optional<CLI::ParseError> refusal = refusal_of(line.app, argc, argv);
  if (!refusal) return true;
  if (refusal->get_exit_code() != 0)
    throw usage_error(line.app, {argv + 1, argv + argc}, refusal->what());
  // CLI11 reports a request for help as an error with exit code 0; exit() writes the text.
  std::ostringstream help, nothing;
  line.app.exit(*refusal, help, nothing);
  print_result(help.str());
  return false;
}

// Nobody reads our output. We end as other programs do, by the signal that such a write raises. The
// first process of a pid namespace ignores it and returns the shell's number for it instead
// (pid_namespaces(7)).
int end_unread() {
  ::signal(SIGPIPE, SIG_DFL);
  ::raise(SIGPIPE);
  return exit_code(ErrorKind::kUnread);
}

// Prints the error that ended the command, and returns the exit status.
int report(Error error, const Settings& settings) {
  // An unread output is no error to print: the reader has what it wanted.
  if (error.kind() == ErrorKind::kUnread) return end_unread();
  explain_full_disk(error, settings);
  print_error(error);
  // The exit status tells which signal stopped us, as a shell does.
  bool by_signal = error.kind() == ErrorKind::kCancelled && Interruption::signal() != 0;
  return by_signal ? 128 + Interruption::signal() : exit_code(error.kind());
}

int run(int argc, char** argv) {
  std::unique_ptr<CommandLine> line = parse_fast(argc, argv);
  int status = 0;
  std::optional<Error> failure = last_failure_of([&] {
    bool asks_help = false;
    if (line == nullptr) {
      line = std::make_unique<CommandLine>();
      asks_help = !read_line(*line, argc, argv);
    }
    if (!asks_help) status = run_chosen(line->commands, line->settings);
    check_results();
  });
  return failure ? report(*std::move(failure), line->settings) : status;
}

}  // namespace
}  // namespace cairn::cli

// Only running out of memory for the table of commands may escape; ending the process is all we can
// do.
int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape)
  // In the launcher's process this never returns. It comes first, before anything is opened.
  cairn::sandbox::serve_as_launcher(argc, argv);
  cairn::sys::take_known_state();
  return cairn::cli::run(argc, argv);
}
