// SPDX-License-Identifier: Apache-2.0
//
// The first failed write is remembered, and nothing is written after it: what follows a gap would
// be misleading. main turns it into the exit status.
#include "cli/result.h"

#include <unistd.h>

#include "base/foreign_text.h"
#include "base/sys/standard_streams.h"

namespace cairn::cli {
namespace {

// The errno of the first failed write, or 0.
int& failure() {
  static int code = 0;
  return code;
}

}  // namespace

void print_result(std::string_view text) {
  if (failure() == 0) failure() = sys::write_standard(STDOUT_FILENO, text);
}

void print_foreign_result(std::string_view text) {
  if (::isatty(STDOUT_FILENO) == 1) return print_result(legible_lines(text));
  print_result(text);
}

void check_results() {
  if (failure() != 0) throw sys::unwritten_result(failure());
}

}  // namespace cairn::cli
