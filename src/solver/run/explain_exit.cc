// SPDX-License-Identifier: Apache-2.0
//
// execve(2) fails with ENOENT also when a script's interpreter or an ELF loader is missing, and the
// shell blames the program. The usual case is a glibc binary on a musl image. The script is not
// parsed: each word that might be a program is looked up in PATH, which is good enough for a hint.
#include "solver/run/explain_exit.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "sandbox/interpreter.h"

namespace cairn::solver {
namespace {

constexpr std::size_t kMaxWords = 64;  // bounds the lookups for a long script

std::string signal_text(int signal) {
  const char* name = ::sigabbrev_np(signal);
  std::string text =
      fmt::format("killed by SIG{}", name != nullptr ? name : std::to_string(signal));
  if (signal == SIGKILL) text += " (out of memory, or killed by hand)";
  return text;
}

// The words of a script that might be programs, whatever role they have in it.
std::vector<std::string> words_of(const std::string& script) {
  std::vector<std::string> words(1);
  for (char c : script) {
    if (std::string_view(" \t\n;&|()<>\"'`").find(c) == std::string_view::npos) {
      words.back() += c;
    } else if (!words.back().empty()) {
      if (words.size() == kMaxWords) return words;
      words.emplace_back();
    }
  }
  return words;
}

std::vector<std::string> places_of(const std::string& word, const std::vector<std::string>& env,
                                   const std::string& cwd) {
  if (word.empty()) return {};
  if (word.find('/') != std::string::npos) {
    return {word.starts_with('/') ? word : cwd + "/" + word};
  }
  std::vector<std::string> places;
  for (const std::string& variable : env) {
    if (!variable.starts_with("PATH=")) continue;
    for (const std::string& dir : split(variable.substr(5), ':'))
      places.push_back(fmt::format("{}/{}", dir, word));
  }
  return places;
}

}  // namespace

std::string exit_text(sys::ExitStatus status) {
  std::string text = fmt::format("exit code: {}", status.shell_code());
  int signal = status.signal != 0 ? status.signal : status.code - 128;
  if (signal > 0 && signal < SIGRTMIN) text += ": " + signal_text(signal);
  return text;
}

std::string explain_not_found(const sys::RootDir& root, const std::vector<std::string>& argv,
                              const std::vector<std::string>& env, const std::string& cwd) {
  for (const std::string& word : words_of(argv.back())) {
    for (const std::string& place : places_of(word, env, cwd)) {
      auto st = root.find_stat(place, sys::Follow::kYes);
      if (!st || !S_ISREG(st->st_mode) || (st->st_mode & 0111) == 0) continue;
      std::optional<sys::Fd> file = root.find_in(place, O_RDONLY | O_NONBLOCK);
      std::optional<std::string> needed = file ? sandbox::interpreter_of(*file) : std::nullopt;
      if (!needed || needed->empty() || root.find_stat(*needed, sys::Follow::kYes)) continue;
      return fmt::format("{} is there, but {} that it needs to run is not in the image",
                         rooted_path(place), *needed);
    }
  }
  return "";
}

}  // namespace cairn::solver
