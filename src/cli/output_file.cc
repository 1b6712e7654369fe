// SPDX-License-Identifier: Apache-2.0
#include "cli/output_file.h"

#include <unistd.h>

#include "base/error.h"
#include "base/sys/file.h"

namespace cairn::cli {

void write_output_file(const std::string& dest, const std::function<void(const sys::Fd&)>& write) {
  if (dest == "-") {
    if (::isatty(STDOUT_FILENO) == 1) {
      throw Error(ErrorKind::kUsage, "an archive on a terminal helps nobody")
          .with_hint("redirect stdout, or name a file");
    }
    write(sys::Fd(::dup(STDOUT_FILENO)));
    return;
  }
  std::size_t slash = dest.rfind('/');
  sys::TempFile file(slash == std::string::npos ? "." : slash == 0 ? "/" : dest.substr(0, slash));
  write(file.fd());
  sys::chmod_fd(file.fd(), 0644);
  file.publish(dest);  // the store still has it all
}

}  // namespace cairn::cli
