// SPDX-License-Identifier: Apache-2.0
//
// One poll(2) loop over both pipes on the caller's thread. Bytes are passed on as they come: lines
// are put together by the display, which also knows where a terminal needs them.
#include "exec/step_output.h"

#include <poll.h>

#include <array>
#include <vector>

#include "base/error.h"

namespace cairn::exec {

void forward_output(sys::Fd out, sys::Fd err,
                    const std::function<void(progress::Stream, std::string_view)>& take) {
  std::array<sys::Fd, 2> ends = {std::move(out), std::move(err)};
  std::vector<std::byte> buffer(64 << 10);
  while (ends[0] || ends[1]) {
    std::array<pollfd, 2> events = {{{ends[0].get(), POLLIN, 0}, {ends[1].get(), POLLIN, 0}}};
    if (sys::retry_eintr([&] { return ::poll(events.data(), events.size(), -1); }) < 0) {
      throw Error::from_errno(errno, "poll");
    }
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (events[i].revents == 0) continue;
      std::size_t count = sys::read_some(ends[i], buffer);
      if (count == 0) ends[i].reset();
      std::string_view text(reinterpret_cast<const char*>(buffer.data()), count);
      if (count > 0) take(i == 0 ? progress::Stream::kStdout : progress::Stream::kStderr, text);
    }
  }
}

}  // namespace cairn::exec
