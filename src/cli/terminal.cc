// SPDX-License-Identifier: Apache-2.0
//
// One poll(2) loop on one thread. It wakes once a second to pass on the size of our window: a
// handler for SIGWINCH would be process-wide, and a second of delay is not noticed.
#include "cli/terminal.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.h"
#include "base/sys/standard_streams.h"
#include "base/sys/terminal.h"

namespace cairn::cli {
namespace {

void copy_size(const sys::Fd& master) {
  if (auto size = sys::terminal_size(STDIN_FILENO)) sys::set_terminal_size(master, *size);
}

// One read; empty at the end. EIO is how a master reports that no slave is open any more (pty(7)).
std::span<const std::byte> read_some(int from, std::vector<std::byte>& buffer) {
  ssize_t count = sys::retry_eintr([&] { return ::read(from, buffer.data(), buffer.size()); });
  return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
}

bool pass_input(int to, std::vector<std::byte>& buffer) {
  std::span<const std::byte> rest = read_some(STDIN_FILENO, buffer);
  if (rest.empty()) return false;
  while (!rest.empty()) {
    ssize_t written = sys::retry_eintr([&] { return ::write(to, rest.data(), rest.size()); });
    if (written < 0) return false;
    rest = rest.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

bool relay_terminal(const sys::Fd& master, const sys::Fd& until, bool with_input) {
  std::vector<std::byte> buffer(16 << 10);
  std::array<pollfd, 3> events = {{{master.get(), POLLIN, 0},
                                   {until.get(), POLLIN, 0},
                                   {with_input ? STDIN_FILENO : -1, POLLIN, 0}}};
  while (true) {
    if (sys::retry_eintr([&] { return ::poll(events.data(), events.size(), 1000); }) < 0) {
      throw Error::from_errno(errno, "poll");
    }
    copy_size(master);  // follows our window without a signal handler
    if (events[0].revents != 0) {
      std::span<const std::byte> said = read_some(master.get(), buffer);
      if (said.empty()) return true;
      int code = sys::write_standard(STDOUT_FILENO, said);
      if (code == EPIPE) return false;
      if (code != 0) throw sys::unwritten_result(code);
      continue;  // output first: the command may have ended, with output still unread
    }
    if (events[2].revents != 0 && !pass_input(master.get(), buffer)) events[2].fd = -1;
    if (events[1].revents != 0) return true;
  }
}

}  // namespace cairn::cli
