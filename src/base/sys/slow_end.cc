// SPDX-License-Identifier: Apache-2.0
//
// Every wait is a poll(2) on two descriptors: the stream, and an eventfd that the stop token
// raises. POLLOUT promises only that a small write does not block. So a FIFO is written through a
// non-blocking open file description of our own, a socket with MSG_DONTWAIT, and everything else in
// pieces of PIPE_BUF.
#include "base/sys/slow_end.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/attempt.h"
#include "base/error.h"

namespace cairn::sys {
namespace {

// A pipe that poll(2) reports writable takes this much without blocking: PIPE_BUF, pipe(7).
constexpr std::size_t kPipeAtom = 4096;
constexpr std::size_t kPiece = std::size_t{64} << 10;
// The interval for retrying a FIFO without a reader: open(2) fails with ENXIO, and nothing signals
// the change.
constexpr int kFifoMilliseconds = 20;

Fd make_event() {
  Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) throw Error::from_errno(errno, "eventfd");
  return event;
}

bool is_regular(const Fd& fd) {
  return S_ISREG(stat_of(fd).st_mode);
}

}  // namespace

void StopEvent::Raise::operator()() const noexcept {
  std::uint64_t one = 1;
  // Never blocks: the counter of an eventfd does not overflow by one.
  (void)!::write(fd, &one, sizeof one);
}

StopEvent::StopEvent(const std::stop_token& stop)
    : event_(make_event()), callback_(stop, Raise{event_.get()}) {}

void StopEvent::wait(int fd, short events, int milliseconds) const {
  std::array<pollfd, 2> both = {{{event_.get(), POLLIN, 0}, {fd, events, 0}}};
  if (retry_eintr([&] { return ::poll(both.data(), both.size(), milliseconds); }) < 0) {
    throw Error::from_errno(errno, "poll");
  }
  if (both[0].revents != 0) throw Error(ErrorKind::kCancelled, "cancelled while waiting for data");
}

// --- reading ---

std::size_t SlowSource::read(std::span<std::byte> buffer) {
  while (true) {
    stop_.wait(fd_.get(), POLLIN);
    ssize_t count = retry_eintr([&] { return ::read(fd_.get(), buffer.data(), buffer.size()); });
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EAGAIN) throw Error::from_errno(errno, "read");
  }
}

std::optional<Fd> find_to_read(const std::string& path) {
  return find_path(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

std::string read_all(ByteSource& source, std::size_t limit) {
  std::string out;
  std::vector<std::byte> buffer(kPiece);
  while (std::size_t count = source.read(buffer)) {
    if (out.size() + count > limit) {
      throw Error::of(ErrorKind::kLimit, "larger than {} bytes", limit);
    }
    out.append(reinterpret_cast<const char*>(buffer.data()), count);
  }
  return out;
}

std::optional<std::string> find_file(const std::string& path, std::size_t limit,
                                     const std::stop_token& stop) {
  std::optional<Fd> fd = find_to_read(path);
  if (!fd) return std::nullopt;
  ErrorContext while_here([&] { return "reading " + path; });
  SlowSource source(*fd, stop);
  return read_all(source, limit);
}

SlowInput::SlowInput(Fd fd, const std::stop_token& stop)
    : fd_(std::move(fd)), forward_(stop, [this] { gone_.request_stop(); }) {
  if (is_regular(fd_)) return;
  Pipe pipe = make_pipe();
  pipe_ = std::move(pipe.read_end);
  pump_ = std::jthread([this, out = std::move(pipe.write_end)] {
    // Stopped, or the reader is gone. The pipe ends here, and its reader knows why.
    best_effort([&] {
      SlowSource source(fd_, gone_.get_token());
      SlowSink sink(out, gone_.get_token());
      copy_all(source, sink);
    });
  });
}

SlowInput::~SlowInput() {
  gone_.request_stop();
}

// --- writing ---

SlowSink::SlowSink(const Fd& fd, const std::stop_token& stop) : fd_(fd), stop_(stop) {
  struct stat about = stat_of(fd);
  is_socket_ = S_ISSOCK(about.st_mode);
  is_slow_ = is_socket_ || S_ISFIFO(about.st_mode) || ::isatty(fd.get()) == 1;
  if (!S_ISFIFO(about.st_mode)) return;
  std::string path = fmt::format("/proc/self/fd/{}", fd.get());
  // Setting O_NONBLOCK on `fd` itself would change it for every process that shares it.
  own_ = Fd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
}

void SlowSink::write(std::span<const std::byte> bytes) {
  if (!is_slow_) return write_all(fd_, bytes);
  const Fd& to = own_ ? own_ : fd_;
  while (!bytes.empty()) {
    stop_.wait(to.get(), POLLOUT);
    std::size_t size = std::min(bytes.size(), own_ || is_socket_ ? kPiece : kPipeAtom);
    ssize_t count = retry_eintr([&] {
      return is_socket_ ? ::send(to.get(), bytes.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL)
                        : ::write(to.get(), bytes.data(), size);
    });
    if (count < 0 && errno == EAGAIN) continue;
    if (count < 0) throw Error::from_errno(errno, "write");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

Fd open_fifo_to_write(const std::string& path, const std::stop_token& stop) {
  StopEvent event(stop);
  while (true) {
    int fd = retry_eintr(
        [&] { return ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC); });
    if (fd >= 0) return Fd(fd);
    if (errno != ENXIO) throw Error::from_errno(errno, "open {}", path);
    event.wait(-1, 0, kFifoMilliseconds);
  }
}

}  // namespace cairn::sys
