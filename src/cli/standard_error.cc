// SPDX-License-Identifier: Apache-2.0
//
// The exit status says how a command ended, whether or not somebody could read why. So an error
// here has nobody to be told to.
#include "cli/standard_error.h"

#include <unistd.h>

#include "base/sys/standard_streams.h"

namespace cairn::cli {

void write_to_stderr(std::string_view text) {
  sys::write_standard(STDERR_FILENO, text);
}

}  // namespace cairn::cli
