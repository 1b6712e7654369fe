// SPDX-License-Identifier: Apache-2.0
//
// The one place where an Error becomes text.
#include "base/error.h"

#include "cli/command.h"
#include "cli/internal/displays.h"

namespace cairn::cli {

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kStep: return 1;
    case ErrorKind::kUsage: return 2;
    case ErrorKind::kDockerfile: return 3;
    case ErrorKind::kRegistry: return 4;
    case ErrorKind::kHost:
    case ErrorKind::kCorrupt: return 5;
    case ErrorKind::kPolicy: return 6;
    case ErrorKind::kLimit: return 7;
    case ErrorKind::kCancelled: return 130;
    case ErrorKind::kBug: return 70;
  }
  return 70;
}

void print_error(const Error& error) {
  std::string text;
  if (error.span()) text += excerpt(*error.span());
  text += "error: " + error.message() + "\n";
  for (const std::string& context : error.context()) text += "  while " + context + "\n";
  if (error.span() && error.span()->source) text += "  " + location(*error.span()) + "\n";
  if (!error.hint().empty()) text += "hint: " + error.hint() + "\n";
  if (error.kind() == ErrorKind::kBug)
    text += "This is a fault of cairn itself; please report it.\n";
  write_to_stderr(text);
}

void print_note(const std::string& text) {
  write_to_stderr("note: " + text + "\n");
}

}  // namespace cairn::cli
