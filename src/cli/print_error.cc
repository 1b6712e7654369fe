// SPDX-License-Identifier: Apache-2.0
//
// The one place where an Error becomes text, and where foreign text in it is made legible: messages
// may quote a Dockerfile, a server or a step.
#include <signal.h>

#include "base/error.h"
#include "base/foreign_text.h"
#include "base/logins.h"
#include "cli/command.h"
#include "cli/standard_error.h"

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
    case ErrorKind::kUnread: return 128 + SIGPIPE;
    case ErrorKind::kBug: return 70;
  }
  return 70;
}

void print_error(const Error& error) {
  std::string text;
  if (error.span()) text += excerpt(*error.span());
  text += "error: " + legible(error.message()) + "\n";
  for (const std::string& context : error.context()) text += "  while " + legible(context) + "\n";
  if (error.span() && error.span()->source) text += "  " + one_line(location(*error.span())) + "\n";
  if (!error.hint().empty()) text += "hint: " + legible(error.hint()) + "\n";
  if (error.kind() == ErrorKind::kBug)
    text += "This is a fault of cairn itself; please report it.\n";
  write_to_stderr(text);
}

// Notes are printed while a build runs, so whatever they quote is masked here.
void print_note(const std::string& text) {
  write_to_stderr("note: " + legible(mask_logins(text)) + "\n");
}

}  // namespace cairn::cli
