// SPDX-License-Identifier: Apache-2.0
//
// What a command is: options declared on a CLI11 app, what it needs of the host before it may run,
// and a function. Every command is one file that declares itself; commands.cc lists them.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"

namespace CLI {
class App;
}

namespace cairn::cli {

struct Settings;
class Session;

// Each need includes those before it. Entering the builder's namespace costs some milliseconds and
// must come before the first thread, so main has to know.
enum class Needs {
  kNothing,
  kStore,          // reads and writes the index; files of other ids are not touched
  kBuilder,        // the builder's user and mount namespace: unpacks, deletes, mounts
  kLauncher,       // runs steps
  kLauncherLater,  // runs steps, if it comes to that: Session::enter()
};

struct Command {
  CLI::App* app = nullptr;
  Needs needs = Needs::kNothing;
  std::function<int(Session&)> run;  // the exit status
  // Once the command line is read: less than `needs`, when some flag asks for less. May be empty.
  std::function<Needs()> fewer_needs = {};
};

// The commands of cairn, in the order of the help text.
std::vector<Command> declare_commands(CLI::App& app, Settings& settings);
// The first command that a word of the line names, and no other; none if there is none. Declaring
// all takes longer than a build that finds nothing to do. A line that is not understood with this
// one alone, be it that the word was a value, has to be read again with all of them.
std::vector<Command> declare_likely_command(CLI::App& app, Settings& settings,
                                            std::span<const char* const> words);

Command declare_build(CLI::App& app, Settings& settings);
Command declare_check(CLI::App& app, Settings& settings);
Command declare_run(CLI::App& app);
Command declare_images(CLI::App& app);
Command declare_inspect(CLI::App& app);
Command declare_history(CLI::App& app);
Command declare_tag(CLI::App& app);
Command declare_rmi(CLI::App& app);
Command declare_pull(CLI::App& app, Settings& settings);
Command declare_push(CLI::App& app, Settings& settings);
Command declare_save(CLI::App& app);
Command declare_load(CLI::App& app);
Command declare_import(CLI::App& app);
Command declare_du(CLI::App& app);
std::vector<Command> declare_prune(CLI::App& app);
std::vector<Command> declare_debug(CLI::App& app);

// What was wrong with the words of a command line that CLI11 refused because of `what`.
Error usage_error(const CLI::App& app, const std::vector<std::string>& words,
                  const std::string& what);

// The exit status of an error's kind (DESIGN, "Streams and codes").
int exit_code(ErrorKind kind);
// An error for people, on stderr: excerpt, message, context, hint.
void print_error(const Error& error);
void print_note(const std::string& text);

}  // namespace cairn::cli
