// SPDX-License-Identifier: Apache-2.0
//
// What a command is: options declared on a CLI11 app, what it needs of the host before it may run,
// and a function. Every command declares itself in its own file; commands.cc lists them.
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
// must come before the first thread, so main opens what a command needs before it runs it.
enum class Needs {
  kNothing,
  kStore,             // reads and writes the index; files of other ids are not touched
  kBuilder,           // the builder's user and mount namespace: unpacks, deletes, mounts
  kLauncher,          // runs steps
  kLauncherOnDemand,  // may run steps: calls Session::enter_namespaces() before the first
};

struct Command {
  CLI::App* app = nullptr;
  Needs needs = Needs::kNothing;
  std::function<int(Session&)> run;  // the exit status
  // Optional, called after parsing: less than `needs` if a flag allows it.
  std::function<Needs()> fewer_needs = {};
  // The command changes nothing, so a store on a read-only filesystem is good enough.
  bool reads_only = false;
};

// The commands of cairn, in the order of the help text.
std::vector<Command> declare_commands(CLI::App& app, Settings& settings);
// Declares only the first command that a word of the line names; empty if no word does. Declaring
// all of them takes longer than a fully cached build. If parsing fails with only this command
// declared (e.g. the word was an option's value), the caller declares all commands and parses
// again.
std::vector<Command> declare_named_command(CLI::App& app, Settings& settings,
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
Command declare_help(CLI::App& app);  // must be last, because it lists the others

// Turns CLI11's refusal `what` into a kUsage error that says which word was wrong.
Error usage_error(const CLI::App& app, const std::vector<std::string>& words,
                  const std::string& what);

// The exit status for a kind of error (manual/exit-codes.md).
int exit_code(ErrorKind kind);
// Prints an error for people on stderr: excerpt, message, context, hint.
void print_error(const Error& error);
void print_note(const std::string& text);

}  // namespace cairn::cli
