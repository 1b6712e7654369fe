// SPDX-License-Identifier: Apache-2.0
//
// The error for client files that cairn may not read. The system call knows a path of the kernel;
// the message shows what the user wrote on the command line.
#include "source/local_context.h"

#include <cerrno>

namespace cairn::source {

Error unreadable(const std::string& directory, const std::string& path) {
  std::string shown = directory;
  while (shown.size() > 1 && shown.ends_with('/')) shown.pop_back();
  std::string_view rest = path;
  while (rest.starts_with('/')) rest.remove_prefix(1);
  if (!rest.empty()) shown += (shown == "/" ? "" : "/") + std::string(rest);
  return Error::from_errno(EACCES, "cannot read {}", shown)
      .with_hint("make it readable for the user who builds");
}

}  // namespace cairn::source
