// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "base/error.h"
#include "base/sys/terminal.h"

namespace cairn::cli {
namespace {

void copy_size(const sys::Fd& master) {
  if (auto size = sys::terminal_size(STDIN_FILENO)) sys::set_terminal_size(master, *size);
}

// One read's worth; false at the end. EIO is how a master says that no slave is open any more.
bool pass_some(int from, int to, std::vector<std::byte>& buffer) {
  ssize_t count = sys::retry_eintr([&] { return ::read(from, buffer.data(), buffer.size()); });
  if (count <= 0) return false;
  std::span<const std::byte> rest(buffer.data(), static_cast<std::size_t>(count));
  while (!rest.empty()) {
    ssize_t written = sys::retry_eintr([&] { return ::write(to, rest.data(), rest.size()); });
    if (written < 0) return false;
    rest = rest.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

void relay_terminal(const sys::Fd& master, const sys::Fd& until, bool with_input) {
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
      if (!pass_some(master.get(), STDOUT_FILENO, buffer)) return;
      continue;  // all output first, then look for the end
    }
    if (events[2].revents != 0 && !pass_some(STDIN_FILENO, master.get(), buffer)) events[2].fd = -1;
    if (events[1].revents != 0) return;
  }
}

}  // namespace cairn::cli
