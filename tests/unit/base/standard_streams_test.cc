// SPDX-License-Identifier: Apache-2.0
//
// Results reach the reader of stdout whole, or it is told what keeps them from it.
#include "base/sys/standard_streams.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>

#include <string>
#include <thread>

#include "base/sys/fd.h"

using namespace cairn;

TEST_CASE("all is written to an end that does not block and is read slowly") {
  sys::Pipe pipe = sys::make_pipe();
  REQUIRE(::fcntl(pipe.write_end.get(), F_SETFL, O_NONBLOCK) == 0);
  std::string read;
  std::thread reader([&] { read = sys::read_all(pipe.read_end); });
  std::string text(1 << 20, 'x');
  CHECK(sys::write_standard(pipe.write_end.get(), text) == 0);
  pipe.write_end.reset();
  reader.join();
  CHECK(read == text);
}

TEST_CASE("what keeps a result from being written is told, and that nobody reads it is no fault") {
  ::signal(SIGPIPE, SIG_IGN);
  sys::Pipe pipe = sys::make_pipe();
  pipe.read_end.reset();
  CHECK(sys::write_standard(pipe.write_end.get(), "x") == EPIPE);
  CHECK(sys::unwritten_result(EPIPE).kind() == ErrorKind::kUnread);
  sys::Fd full = sys::open_path("/dev/full", O_WRONLY);
  CHECK(sys::write_standard(full.get(), "x") == ENOSPC);
  CHECK(sys::write_standard(full.get(), "") == 0);
  Error error = sys::unwritten_result(ENOSPC);
  CHECK(error.kind() == ErrorKind::kHost);
  CHECK(error.message() == "writing the result to standard output failed: No space left on device");
  CHECK(error.code() == 0);  // the store's disk is not full
}
