// SPDX-License-Identifier: Apache-2.0
//
// Writes a file that the user named. Every output of a command that is one file uses this (-o
// dest=, save -o, --iidfile, --metadata-file), so that one place decides what happens to what is
// already there:
//
//   a regular file, or nothing   written to a temporary file and renamed: the old bytes or the new
//   a symbolic link              followed; then the same in the directory where it ends
//   a device, FIFO or socket     written to; a FIFO waits for its reader
//   /dev/stdout, /dev/fd/N,      written to the descriptor that the caller passed, at its offset;
//   /proc/self/fd/N, "-"         a regular file at offset 0 is emptied, except for "-"
//   /proc/PID/fd/N               opened again; a regular file is emptied, as docker does
//
// A regular file in a directory that is not writable, or one that is a mount point, is written in
// place, as docker always does.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/stream.h"
#include "base/sys/fd.h"

namespace cairn::sys {

enum class Dash { kStdout, kFile };  // what "-" means

// The identity of an output, whatever its spelling: the file that exists, and its name in its
// directory. Devices such as /dev/null or a terminal may take several outputs, so they have no
// identity.
struct OutputId {
  std::optional<std::pair<dev_t, ino_t>> file = {};
  std::optional<std::tuple<dev_t, ino_t, std::string>> entry = {};

  bool is_same(const OutputId& other) const {
    return (file && file == other.file) || (entry && entry == other.entry);
  }
};

class OutputFile {
 public:
  // Examines the destination. Throws kUsage for a directory, for a missing or read-only parent
  // directory, and for a descriptor that was not passed; throws sys::unwritten_result() when that
  // is stdout.
  explicit OutputFile(const std::string& dest, Dash dash = Dash::kStdout);

  bool is_stdout() const { return descriptor_ == 1; }
  bool is_terminal() const;  // false for anything but a descriptor
  OutputId id() const;
  // The path where the symbolic links end. For a descriptor, the path as the user wrote it.
  const std::string& path() const { return path_.empty() ? dest_ : path_; }
  // Opens a FIFO that already has a reader, for the life of the object: the reader then sees an end
  // of file whatever happens.
  void hold_reader();
  // Removes the output of an earlier run, if that is a regular file.
  void remove_old() const;
  // Calls `write` once with the sink. A new file gets `mode` as it is: the caller has applied the
  // umask. `stop` ends a wait for the other end with kCancelled.
  void write(mode_t mode, const std::stop_token& stop,
             const std::function<void(ByteSink&)>& write) const;
  void write(mode_t mode, const std::stop_token& stop, std::string_view text) const;

 private:
  enum class Kind { kDescriptor, kSpecial, kFile };

  void resolve(const std::string& dest);
  bool take_descriptor(const std::string& path);
  void check_directory() const;
  void replace(mode_t mode, const std::function<void(ByteSink&)>& write) const;
  void overwrite(const std::function<void(ByteSink&)>& write) const;
  Fd open_special(const std::stop_token& stop) const;

  Kind kind_ = Kind::kFile;
  bool is_named_ = true;  // by a path, not by "-"
  std::string dest_;      // as the user wrote it
  int descriptor_ = -1;   // kDescriptor
  std::string path_;      // kSpecial, kFile: no symbolic link at its end
  mode_t type_ = 0;       // S_IFMT bits of what is there, 0 for nothing
  Fd reader_;             // what hold_reader() opened
};

// For an output that is a directory tree. Throws kUsage when `dest` is, or is below, something that
// is not a directory.
void check_output_directory(const std::string& dest);
// The first missing directory on the way to such an output, since no other output may have its
// name. Empty when all exist.
OutputId missing_directory(const std::string& dest);
// Whether `path` is or will be `directory` or below it, with all links followed.
bool is_inside(const std::string& path, const std::string& directory);

}  // namespace cairn::sys
