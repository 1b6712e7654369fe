// SPDX-License-Identifier: Apache-2.0
//
// Explains a command line that could not be parsed. CLI11 only says that a word was unexpected;
// here the word is compared with the known commands and flags, to suggest what was meant.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"

namespace cairn::cli {
namespace {

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> flag_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string explain_refusal(const CLI::App& app, const std::vector<std::string>& words,
                            const std::string& what) {
  std::vector<const CLI::App*> chosen;
  for (const CLI::App* command : app.get_subcommands()) chosen.push_back(command);
  if (chosen.empty()) {
    if (words.empty()) return "no command was given";
    return fmt::format("unknown command: {}{}", words[0],
                       did_you_mean(words[0], command_names(app)));
  }
  std::vector<std::string> known = flag_names(*chosen.back());
  for (const std::string& flag : flag_names(app)) known.push_back(flag);
  // The first unknown flag is taken for the cause: CLI11 does not say which word it was.
  for (const std::string& word : words) {
    std::string name = word.substr(0, word.find('='));
    bool is_known = std::find(known.begin(), known.end(), name) != known.end();
    if (!name.starts_with("--") || name == "--" || is_known) continue;
    return fmt::format("unknown flag: {}{}", name, did_you_mean(name, known));
  }
  return what;
}

}  // namespace

Error usage_error(const CLI::App& app, const std::vector<std::string>& words,
                  const std::string& what) {
  std::string command;
  for (const CLI::App* chosen : app.get_subcommands()) command = " " + chosen->get_name();
  return Error(ErrorKind::kUsage, explain_refusal(app, words, what))
      .with_hint(fmt::format("cairn help{}", command));
}

}  // namespace cairn::cli
