// SPDX-License-Identifier: Apache-2.0
//
// For tests and tools: `debug ast` prints a parsed Dockerfile as BuildKit's dumper does, `debug
// words` a text after word expansion. Both let our parser be compared with BuildKit's.
#include <CLI/CLI.hpp>

#include <map>

#include "base/error.h"
#include "base/sys/fd.h"
#include "cli/command.h"
#include "cli/result.h"
#include "dockerfile/expand.h"
#include "dockerfile/syntax.h"

namespace cairn::cli {
namespace {

int print_ast(const std::string& file) {
  auto source = std::make_shared<SourceText>(SourceText{file, sys::read_file(file)});
  print_foreign_result(dockerfile::dump_ast(dockerfile::parse_syntax(source)));
  return 0;
}

int print_words(const std::vector<std::string>& settings, const std::vector<std::string>& text) {
  std::map<std::string, std::string, std::less<>> variables;
  for (const std::string& setting : settings) {
    std::size_t equals = setting.find('=');
    if (equals == std::string::npos) {
      throw Error::of(ErrorKind::kUsage, "--env {}: not of the form KEY=VALUE", setting);
    }
    variables.insert_or_assign(setting.substr(0, equals), setting.substr(equals + 1));
  }
  auto look_up = [&](std::string_view name) -> std::optional<std::string> {
    auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  std::string out;
  for (const std::string& one : text) {
    for (const std::string& word : dockerfile::expand_words(one, look_up).words) out += word + "\n";
  }
  print_foreign_result(out);
  return 0;
}

}  // namespace

std::vector<Command> declare_debug(CLI::App& app) {
  CLI::App* debug = app.add_subcommand("debug", "look inside the language");
  debug->require_subcommand(1);
  CLI::App* ast = debug->add_subcommand("ast", "print a parsed Dockerfile as s-expressions");
  auto file = std::make_shared<std::string>();
  ast->add_option("FILE", *file)->required()->option_text(" ");
  CLI::App* words =
      debug->add_subcommand("words", "print a text after word expansion, a word a line");
  auto env = std::make_shared<std::vector<std::string>>();
  auto text = std::make_shared<std::vector<std::string>>();
  words->add_option("--env", *env, "variable, KEY=VALUE (repeatable)")->allow_extra_args(false);
  words->add_option("TEXT", *text)->required()->option_text(" ");
  return {{ast, Needs::kNothing, [file](Session&) { return print_ast(*file); }},
          {words, Needs::kNothing, [env, text](Session&) { return print_words(*env, *text); }}};
}

}  // namespace cairn::cli
