// SPDX-License-Identifier: Apache-2.0
//
// Checks of cairn's own. A false report costs the user's attention, so each stays quiet unless the
// fact is plain from the file alone. In doubt (a variable in a path, an unknown command) it gives
// up on the instruction.
#include <algorithm>

#include "base/attempt.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "dockerfile/dockerfile.h"
#include "dockerfile/internal/lint_copied.h"
#include "dockerfile/internal/shell_text.h"
#include "dockerfile/lint.h"

namespace cairn::dockerfile {
namespace {

// Text such as ["a" 'b' or ["x"]y. A shell test, [ -f x ] or [ "$a" = b ], is not meant as an
// array: it has a space first and no commas.
bool looks_like_json(std::string_view text) {
  text = trim(text);
  if (!text.starts_with('[')) return false;
  std::string_view rest = trim(text.substr(1));
  if (!rest.starts_with('"') && !rest.starts_with('\'')) return false;
  if (text[1] == rest[0]) return true;
  return text.ends_with(']') &&
         (text.find("\",") != std::string_view::npos || text.find("',") != std::string_view::npos);
}

// The text of an instruction that could have been a JSON array but is not; "" otherwise.
std::string plain_text(const Instruction& instruction) {
  auto of_command = [](const CommandLine& command) {
    return command.shell_form && !command.words.empty() ? command.words[0] : "";
  };
  if (const auto* run = std::get_if<Run>(&instruction)) return of_command(run->command);
  if (const auto* cmd = std::get_if<Cmd>(&instruction)) return of_command(cmd->command);
  if (const auto* entrypoint = std::get_if<Entrypoint>(&instruction))
    return of_command(entrypoint->command);
  if (const auto* check = std::get_if<Healthcheck>(&instruction))
    return check->test.size() == 2 && check->test[0] == "CMD-SHELL" ? check->test[1] : "";
  if (const auto* volume = std::get_if<Volume>(&instruction)) return volume->paths[0];
  if (const auto* copy = std::get_if<Copy>(&instruction))
    return copy->files.paths.empty() ? "" : copy->files.paths[0];
  if (const auto* add = std::get_if<Add>(&instruction))
    return add->files.paths.empty() ? "" : add->files.paths[0];
  return "";
}

void lint_json(const Instruction& instruction, Linter& linter) {
  if (!looks_like_json(plain_text(instruction))) return;
  const Origin& origin = origin_of(instruction);
  linter.report(rules::kShellFormLooksLikeJson, origin, to_upper(origin.keyword));
}

void lint_heredoc(const Run& run, Linter& linter) {
  if (run.command.heredocs.size() != 1 || run.command.words.empty()) return;
  // If the line has other words, the heredoc is input of a command, not a script.
  std::optional<Heredoc> alone = if_possible([&] { return find_heredoc(run.command.words[0]); });
  const std::string& body = run.command.heredocs[0].content;
  // A script with "#!" has its own rules for failures.
  if (!alone || body.starts_with("#!") || !goes_on_after_failure(body)) return;
  linter.report(rules::kHeredocWithoutErrexit, run.origin);
}

void lint_apt(const Run& run, Linter& linter) {
  // With a cache mount the lists are in no layer.
  for (const std::string& mount : run.mounts) {
    if (mount.find("/var/lib/apt") != std::string::npos) return;
  }
  std::string updater;
  for (const ShellCommand& command : shell_commands(text_of(run))) {
    const std::string& program = command[0];
    // Harmless commands around the update do not change the verdict.
    if (program == "set" || program == "true" || program == "echo" || program == "rm") continue;
    if (program != "apt-get" && program != "apt") return;
    bool updates = std::find(command.begin(), command.end(), "update") != command.end();
    bool cleans = std::find(command.begin(), command.end(), "clean") != command.end();
    if (!updates && !cleans) return;
    if (updates) updater = program;
  }
  if (!updater.empty()) linter.report(rules::kAptUpdateAlone, run.origin, updater);
}

void lint_add(const Add& add, Linter& linter) {
  if (!add.checksum.empty()) return;
  for (const std::string& path : add.files.paths) {
    bool is_url = path.starts_with("https://") || path.starts_with("http://");
    // A git URL names a commit or a ref; it is no file that changes in place.
    bool is_git = path.substr(0, path.find_first_of("?#")).ends_with(".git");
    if (is_url && !is_git) linter.report(rules::kAddWithoutChecksum, add.origin, path);
  }
}

// Arguments that programs read without naming them, or that are equal for every build of a
// platform.
bool is_ambient(std::string_view name) {
  if (to_lower(name).ends_with("_proxy")) return true;
  for (std::string_view prefix : {"TARGET", "BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT",
                                  "BUILDKIT_", "DEBIAN_FRONTEND", "SOURCE_DATE_EPOCH"}) {
    if (name.starts_with(prefix)) return true;
  }
  return false;
}

bool uses(const Instruction& instruction, std::string_view name) {
  const auto* run = std::get_if<Run>(&instruction);
  return mentions(origin_of(instruction).code, name) ||
         (run != nullptr && mentions(text_of(*run), name));
}

// The key of every RUN below an ARG contains its value, used or not (K04). Reports an ARG when a
// RUN stands between it and its first use.
void lint_arg(const Stage& stage, std::size_t at, const Arg& arg, Linter& linter) {
  for (const ArgItem& item : arg.items) {
    if (is_ambient(item.key)) continue;
    const Run* idle = nullptr;
    for (std::size_t i = at + 1; i < stage.instructions.size(); ++i) {
      const Instruction& instruction = stage.instructions[i];
      if (uses(instruction, item.key)) {
        if (idle == nullptr) break;
        linter.report(rules::kArgBeforeUse, arg.origin, item.key,
                      origin_of(instruction).span.first_line, idle->origin.span.first_line);
        break;
      }
      if (const auto* run = std::get_if<Run>(&instruction)) idle = run;
    }
  }
}

}  // namespace

void lint_advice(const Dockerfile& file, Linter& linter) {
  if (file.source->text.size() > limits::kSearchedText) return;
  for (const Stage& stage : file.stages) {
    CopiedFiles copied(linter);
    for (std::size_t i = 0; i < stage.instructions.size(); ++i) {
      const Instruction& instruction = stage.instructions[i];
      lint_json(instruction, linter);
      if (const auto* run = std::get_if<Run>(&instruction)) {
        lint_heredoc(*run, linter);
        lint_apt(*run, linter);
      } else if (const auto* add = std::get_if<Add>(&instruction)) {
        lint_add(*add, linter);
      } else if (const auto* arg = std::get_if<Arg>(&instruction)) {
        lint_arg(stage, i, *arg, linter);
      }
      copied.see(instruction);
    }
  }
}

}  // namespace cairn::dockerfile
