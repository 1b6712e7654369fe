// SPDX-License-Identifier: Apache-2.0
//
// Standard output may be non-blocking when its opener shares it, so a full pipe is waited for with
// poll(2). A write error becomes one Error here, with the same text for every command.
#include "base/sys/standard_streams.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cstring>

#include "base/stream.h"
#include "base/sys/fd.h"

namespace cairn::sys {

Fd standard_input() {
  Fd in(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
  if (!in) throw Error::from_errno(errno, "open standard input");
  return in;
}

int write_standard(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    ssize_t count = retry_eintr([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (count >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(count));
      continue;
    }
    if (errno != EAGAIN) return errno;
    pollfd event{fd, POLLOUT, 0};
    if (retry_eintr([&] { return ::poll(&event, 1, -1); }) < 0) return errno;
  }
  return 0;
}

int write_standard(int fd, std::string_view text) {
  return write_standard(fd, as_bytes(text));
}

// Made without the errno: a hint about a full disk would be about the disk of the store, not this
// one.
Error unwritten_result(int code) {
  return Error::of(code == EPIPE ? ErrorKind::kUnread : ErrorKind::kHost,
                   "writing the result to standard output failed: {}", ::strerror(code));
}

}  // namespace cairn::sys
