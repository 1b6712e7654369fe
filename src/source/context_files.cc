// SPDX-License-Identifier: Apache-2.0
//
// Only the first bytes of stdin tell an archive from a Dockerfile, and then it has to be read from
// its start. So a pipe is copied to disk first, since an archive may not fit into memory.
#include "source/context_files.h"

#include <fcntl.h>

#include "base/stream.h"
#include "base/sys/file.h"
#include "base/sys/slow_end.h"

namespace cairn::source {

sys::Fd spool(const sys::Fd& stream, const std::string& tmp_dir, const std::stop_token& stop) {
  if (S_ISREG(sys::stat_of(stream).st_mode)) return sys::duplicate(stream);
  sys::Fd file = sys::open_path(tmp_dir, O_TMPFILE | O_RDWR, 0600);
  sys::SlowSource source(stream, stop);
  sys::FdSink sink(file);
  copy_all(source, sink);
  sys::rewind(file);
  return file;
}

LocalContext empty_context(const std::string& tmp_dir) {
  auto dir = std::make_shared<sys::TempDir>(tmp_dir, "context-");
  return {.name = {},
          .root = sys::RootDir::open(dir->path()),
          .filter = {},
          .keeps_owners = true,
          .alive = dir};
}

}  // namespace cairn::source
