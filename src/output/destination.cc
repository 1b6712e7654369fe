// SPDX-License-Identifier: Apache-2.0
//
// Refusals come before anything is built or written: a mistake in an output's path must cost
// neither a build nor a file of the store.
#include "output/destination.h"

#include "base/error.h"

namespace cairn::output {

void refuse_inside_store(const std::string& path, const std::string& root) {
  if (!sys::is_inside(path, root)) return;
  throw Error::of(ErrorKind::kUsage, "cannot write {}: it lies in the store {}", path, root)
      .with_hint("write it to a directory outside the store");
}

void refuse_inside_store(const sys::OutputFile& file, const std::string& root) {
  if (!file.is_stdout()) refuse_inside_store(file.path(), root);
}

void refuse_terminal(const sys::OutputFile& file) {
  if (!file.is_terminal()) return;
  throw Error(ErrorKind::kUsage, "an archive on a terminal helps nobody")
      .with_hint("redirect stdout, or name a file");
}

void write_archive_file(const sys::OutputFile& file, mode_t umask, const std::stop_token& stop,
                        const std::function<void(ByteSink&)>& write) {
  refuse_terminal(file);
  file.write(0600 & ~umask, stop, write);
}

}  // namespace cairn::output
