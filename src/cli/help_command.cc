// SPDX-License-Identifier: Apache-2.0
//
// cairn help: the list of commands and topics, the options of a command, or a page of the manual.
// The list replaces CLI11's help of the whole program, also for `cairn --help`, so that there is
// one.
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/manual.h"
#include "cli/result.h"
#include "cli/session.h"

namespace cairn::cli {
namespace {

std::string list_line(std::string_view name, std::string_view help) {
  return fmt::format("  {:<16}{}\n", name, help);
}

// The text of `cairn help` and `cairn --help`. `options` is CLI11's list of our global options.
std::string overview(const CLI::App& app, const std::string& options) {
  std::string out = app.get_description() + "\nUsage: cairn [OPTIONS] COMMAND\n\nCommands:\n";
  for (const CLI::App* command : app.get_subcommands({})) {
    out += list_line(command->get_name(), command->get_description());
  }
  out += "\nTopics:\n";
  for (const ManualPage& page : manual_pages()) out += list_line(page.topic, page.summary);
  return out + options +
         "\n\"cairn help COMMAND\" prints the options of a command, \"cairn help TOPIC\" a page of "
         "the manual.\n";
}

// Replaces CLI11's help of the whole program by the overview; commands keep CLI11's help.
void set_overview(CLI::App& app) {
  auto usual = std::make_shared<CLI::Formatter>();
  app.formatter_fn([usual](const CLI::App* shown, std::string name, CLI::AppFormatMode mode) {
    if (mode != CLI::AppFormatMode::Normal) return usual->make_help(shown, std::move(name), mode);
    return overview(*shown, usual->make_groups(shown, mode));
  });
}

bool is_bold_terminal() {
  const char* term = ::getenv("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && ::getenv("NO_COLOR") == nullptr && term != nullptr &&
         std::string_view(term) != "dumb";
}

std::vector<std::string> names_in(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

// The help of a command, named by one or several words: "help prune", "help builder prune".
std::string help_of_command(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* command = &app;
  std::string path;
  for (const std::string& word : words) {
    std::vector<std::string> names = names_in(*command);
    auto found = std::ranges::find(names, word);
    if (found == names.end()) {
      throw Error::of(ErrorKind::kUsage, "no command \"{}\"{}", join(words, " "),
                      did_you_mean(word, names));
    }
    path += (path.empty() ? "" : " ") + command->get_name();
    command = command->get_subcommands({})[static_cast<std::size_t>(found - names.begin())];
  }
  return command->help(path);
}

int help(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.empty()) {
    // app.help() would print the help of the parsed command, which is `help` itself.
    print_result(app.get_formatter()->make_help(&app, "cairn", CLI::AppFormatMode::Normal));
    return 0;
  }
  std::vector<std::string> known = names_in(app);
  auto page = std::ranges::find(manual_pages(), words[0], &ManualPage::topic);
  if (words.size() == 1 && page != manual_pages().end()) {
    print_result(printed(*page, is_bold_terminal() ? Style::kBold : Style::kPlain));
    return 0;
  }
  // No page and no command: suggest from both.
  if (std::ranges::find(known, words[0]) == known.end()) {
    for (const ManualPage& other : manual_pages()) known.emplace_back(other.topic);
    throw Error::of(ErrorKind::kUsage, "no command or topic \"{}\"{}", words[0],
                    did_you_mean(words[0], known))
        .with_hint("cairn help lists them");
  }
  print_result(help_of_command(app, words));
  return 0;
}

}  // namespace

Command declare_help(CLI::App& app) {
  CLI::App* command = app.add_subcommand("help", "print help: this list, a command, or a topic");
  set_overview(app);  // after add_subcommand(), which copies the formatter to `help`
  auto words = std::make_shared<std::vector<std::string>>();
  command->add_option("TOPIC", *words, "a command or a topic")->option_text(" ");
  return {command, Needs::kNothing, [&app, words](Session&) { return help(app, *words); }};
}

}  // namespace cairn::cli
