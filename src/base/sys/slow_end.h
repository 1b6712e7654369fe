// SPDX-License-Identifier: Apache-2.0
//
// Streams whose other end may make us wait for ever: FIFOs, pipes, sockets, terminals. The waiting
// thread blocks only in poll(2), so a stop token ends the wait with kCancelled. Regular files work
// too, and never wait. An object belongs to one thread at a time.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/stream.h"
#include "base/sys/fd.h"

namespace cairn::sys {

// An eventfd(2) that becomes readable when the token is stopped. Neither copied nor moved.
class StopEvent {
 public:
  explicit StopEvent(const std::stop_token& stop);
  StopEvent(const StopEvent&) = delete;
  StopEvent& operator=(const StopEvent&) = delete;
  // Waits until `fd` has one of `events`; with -1 only until the time is over. Throws kCancelled
  // once the token is stopped.
  void wait(int fd, short events, int milliseconds = -1) const;

 private:
  struct Raise {
    int fd;
    void operator()() const noexcept;
  };
  Fd event_;
  std::stop_callback<Raise> callback_;
};

class SlowSource final : public ByteSource {
 public:
  SlowSource(const Fd& fd, const std::stop_token& stop) : fd_(fd), stop_(stop) {}  // borrows `fd`
  std::size_t read(std::span<std::byte> buffer) override;

 private:
  const Fd& fd_;
  StopEvent stop_;
};

class SlowSink final : public ByteSink {
 public:
  SlowSink(const Fd& fd, const std::stop_token& stop);  // borrows `fd`
  void write(std::span<const std::byte> bytes) override;

 private:
  const Fd& fd_;
  // The pipe opened again, so that it can be non-blocking without affecting others that hold it.
  // Empty when it is no pipe or cannot be opened.
  Fd own_;
  bool is_slow_ = true;
  bool is_socket_ = false;
  StopEvent stop_;
};

// Opens a file that the user named for reading; nullopt when it does not exist. A FIFO without a
// writer does not block here; the source waits for it.
std::optional<Fd> find_to_read(const std::string& path);
// Waits until a FIFO has a reader, then opens it for writing. Throws kCancelled when the token is
// stopped first.
Fd open_fifo_to_write(const std::string& path, const std::stop_token& stop);

// Reads to the end. Throws kLimit beyond `limit` bytes.
std::string read_all(ByteSource& source, std::size_t limit);
// The content of a file of any type that the user named; nullopt when it does not exist.
std::optional<std::string> find_file(const std::string& path, std::size_t limit,
                                     const std::stop_token& stop);

// A descriptor for code that calls read(2) itself: `fd` if it is a regular file, otherwise a pipe
// that a thread fills. When the token is stopped the pipe ends early, so the reader has to check
// the token at the end.
class SlowInput {
 public:
  SlowInput(Fd fd, const std::stop_token& stop);
  ~SlowInput();
  SlowInput(const SlowInput&) = delete;
  SlowInput& operator=(const SlowInput&) = delete;

  const Fd& fd() const { return pipe_ ? pipe_ : fd_; }

 private:
  Fd fd_;
  Fd pipe_;  // the read end
  std::stop_source gone_;
  std::stop_callback<std::function<void()>> forward_;
  std::jthread pump_;
};

}  // namespace cairn::sys
