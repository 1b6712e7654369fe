// SPDX-License-Identifier: Apache-2.0
//
// One poll(2) loop on one thread. It reads our input only while nothing is left to pass on, so a
// command that reads slowly, or never, blocks nothing and makes nothing pile up here. It ends when
// both outputs are closed.
#include "cli/streams.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <span>
#include <vector>

#include "base/error.h"
#include "base/sys/standard_streams.h"

namespace cairn::cli {
namespace {

constexpr std::size_t kBuffer = 64 << 10;  // a pipe holds as much

// Returns false if `fd` has no reader any more.
bool write_out(int fd, std::span<const std::byte> bytes) {
  int code = sys::write_standard(fd, bytes);
  if (code == 0) return true;
  if (code == EPIPE) return false;
  if (fd == STDOUT_FILENO) throw sys::unwritten_result(code);
  throw Error::from_errno(code, "write to standard error");
}

// Input that was read and not yet taken by the command. The command may never take it, so its pipe
// must not block.
class InputFlow {
 public:
  explicit InputFlow(sys::Fd pipe) : pipe_(std::move(pipe)), buffer_(pipe_ ? kBuffer : 0) {
    if (pipe_ && ::fcntl(pipe_.get(), F_SETFL, O_NONBLOCK) < 0) {
      throw Error::from_errno(errno, "fcntl");
    }
  }

  // The one descriptor that the next move waits for.
  pollfd wish() const {
    if (!pipe_) return {-1, 0, 0};
    return rest_.empty() ? pollfd{STDIN_FILENO, POLLIN, 0} : pollfd{pipe_.get(), POLLOUT, 0};
  }
  void move() { rest_.empty() ? read() : write(); }

 private:
  void read() {
    ssize_t count =
        sys::retry_eintr([&] { return ::read(STDIN_FILENO, buffer_.data(), buffer_.size()); });
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return pipe_.reset();
    rest_ = std::span(buffer_).first(static_cast<std::size_t>(count));
  }
  void write() {
    ssize_t count =
        sys::retry_eintr([&] { return ::write(pipe_.get(), rest_.data(), rest_.size()); });
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) return pipe_.reset();  // the command does not read any more
    rest_ = rest_.subspan(static_cast<std::size_t>(count));
  }

  sys::Fd pipe_;
  std::vector<std::byte> buffer_;
  std::span<const std::byte> rest_;
};

}  // namespace

CommandStreams make_command_streams(exec::SandboxExecutor::Streams& theirs, Input input) {
  sys::Pipe out = sys::make_pipe(), err = sys::make_pipe();
  CommandStreams ours{.in = {}, .out = std::move(out.read_end), .err = std::move(err.read_end)};
  theirs.out = std::move(out.write_end);
  theirs.err = std::move(err.write_end);
  if (input == Input::kOurs) {
    sys::Pipe in = sys::make_pipe();
    ours.in = std::move(in.write_end);
    theirs.in = std::move(in.read_end);
  }
  return ours;
}

void relay_streams(CommandStreams streams) {
  InputFlow input(std::move(streams.in));
  std::array<std::pair<sys::Fd, int>, 2> outputs{
      {{std::move(streams.out), STDOUT_FILENO}, {std::move(streams.err), STDERR_FILENO}}};
  std::vector<std::byte> buffer(kBuffer);
  while (outputs[0].first || outputs[1].first) {
    std::array<pollfd, 3> events{
        {{outputs[0].first.get(), POLLIN, 0}, {outputs[1].first.get(), POLLIN, 0}, input.wish()}};
    // Without a timeout: one of the three ends will move, or the command closes its outputs.
    if (sys::retry_eintr([&] { return ::poll(events.data(), events.size(), -1); }) < 0) {
      throw Error::from_errno(errno, "poll");
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (events[i].revents == 0) continue;
      std::size_t count = sys::read_some(outputs[i].first, buffer);
      if (count == 0 || !write_out(outputs[i].second, std::span(buffer).first(count))) {
        outputs[i].first.reset();
      }
    }
    if (events[2].revents != 0) input.move();
  }
}

}  // namespace cairn::cli
