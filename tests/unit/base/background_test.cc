// SPDX-License-Identifier: Apache-2.0
//
// What the threads of streams and pools do when something goes wrong.
#include "base/background.h"

#include <doctest/doctest.h>

#include <atomic>
#include <string>

#include "base/attempt.h"
#include "base/error.h"
#include "base/thread_pool.h"

using namespace cairn;

namespace {

// `good` bytes, then a failure.
class BreakingSource final : public ByteSource {
 public:
  explicit BreakingSource(std::size_t good) : good_(good) {}
  std::size_t read(std::span<std::byte> buffer) override {
    if (good_ == 0) throw Error::of(ErrorKind::kRegistry, "connection lost");
    std::size_t count = std::min(good_, buffer.size());
    good_ -= count;
    return count;
  }

 private:
  std::size_t good_;
};

// Takes `room` bytes, then fails.
class FullSink final : public ByteSink {
 public:
  explicit FullSink(std::size_t room) : room_(room) {}
  void write(std::span<const std::byte> bytes) override {
    if (bytes.size() > room_) throw Error::of(ErrorKind::kHost, "disk full");
    room_ -= bytes.size();
    taken += bytes.size();
  }
  std::size_t taken = 0;

 private:
  std::size_t room_;
};

}  // namespace

TEST_CASE("what was read whole before a failure is given first, and the failure stays") {
  constexpr std::size_t kPiece = 256 << 10;
  BreakingSource inner(2 * kPiece);
  ReadAheadSource ahead(inner);
  std::vector<std::byte> buffer(kPiece);
  CHECK(ahead.read(buffer) == kPiece);
  CHECK(ahead.read(buffer) == kPiece);
  for (int again = 0; again < 3; ++again) {
    CHECK(failure_of([&] { ahead.read(buffer); }).value().message() == "connection lost");
  }
}

TEST_CASE("a failure of another thread tells what was being done on both") {
  class Downloading final : public ByteSource {
    std::size_t read(std::span<std::byte>) override {
      ErrorContext while_here([] { return std::string("downloading"); });
      throw Error(ErrorKind::kRegistry, "connection lost");
    }
  } inner;
  ErrorContext while_here([] { return std::string("unpacking"); });
  ReadAheadSource ahead(inner);
  std::byte buffer[2];
  for (int again = 0; again < 2; ++again) {
    try {
      ahead.read(buffer);
      FAIL("the connection was lost");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kRegistry);
      CHECK(error.context() == std::vector<std::string>{"downloading", "unpacking"});
    }
  }
}

TEST_CASE("the end of a source read ahead stays the end") {
  MemorySource inner("abc");
  ReadAheadSource ahead(inner);
  std::byte buffer[2];
  CHECK(ahead.read(buffer) == 2);
  CHECK(ahead.read(buffer) == 1);
  CHECK(ahead.read(buffer) == 0);
  CHECK(ahead.read(buffer) == 0);
}

TEST_CASE("a failure of the last write comes out of finish") {
  FullSink inner(10);
  WriteBehindSink behind(inner);
  behind.write(as_bytes("0123456789"));
  behind.write(as_bytes("x"));
  CHECK(failure_of([&] { behind.finish(); }).value().message() == "disk full");
  CHECK(inner.taken == 10);
}

TEST_CASE("a writer that gives up without finish waits for no failure") {
  FullSink inner(0);
  {
    WriteBehindSink behind(inner);
    behind.write(as_bytes("x"));
  }
  CHECK(inner.taken == 0);
}

TEST_CASE("nothing written is nothing written, and finish says so without waiting") {
  FullSink inner(0);
  WriteBehindSink behind(inner);
  behind.write({});
  behind.finish();
  CHECK(inner.taken == 0);
}

TEST_CASE("a pool that ends has done all that was asked of it") {
  std::atomic<int> done = 0;
  {
    ThreadPool pool(3);
    CHECK(pool.size() == 3);
    for (int i = 0; i < 500; ++i) pool.post([&] { ++done; });
  }
  CHECK(done == 500);
}

TEST_CASE("a job's result or exception comes out of its own future, and the pool works on") {
  ThreadPool pool(2);
  auto good = pool.run([] { return std::string("result"); });
  auto bad = pool.run([]() -> int { throw Error::of(ErrorKind::kCorrupt, "bad layer"); });
  auto after = pool.run([] { return 7; });
  CHECK(good.get() == "result");
  CHECK(failure_of([&] { bad.get(); }).value().message() == "bad layer");
  CHECK(after.get() == 7);
}

TEST_CASE("one thread works first come, first served") {
  std::string order;
  {
    ThreadPool pool(1);
    for (char c = 'a'; c <= 'z'; ++c) pool.post([&, c] { order += c; });
  }
  CHECK(order == "abcdefghijklmnopqrstuvwxyz");
}

TEST_CASE("as many jobs run side by side as there are threads") {
  ThreadPool pool(3);
  std::promise<void> all_here;
  std::shared_future<void> gate = all_here.get_future().share();
  std::atomic<int> here = 0;
  std::vector<ThreadPool::Result<void>> jobs;
  for (int i = 0; i < 3; ++i) {
    jobs.push_back(pool.run([&, gate] {
      if (++here == 3) all_here.set_value();
      gate.wait();  // each waits for the others: with fewer threads this never ends
    }));
  }
  for (ThreadPool::Result<void>& job : jobs) job.get();
  CHECK(here == 3);
}

TEST_CASE("a digesting source refuses the first byte beyond what was promised") {
  MemorySource exact("12345"), longer("123456");
  DigestingSource good(exact, 5), bad(longer, 5);
  std::byte buffer[16];
  CHECK(good.read(buffer) == 5);
  CHECK(good.read(buffer) == 0);
  CHECK(good.finish() == Digest::of("12345"));
  CHECK_THROWS_AS(bad.read(buffer), Error);
}

TEST_CASE("a digesting sink passes on what it digests, or only digests") {
  FullSink inner(100);
  DigestingSink through(&inner), alone;
  for (DigestingSink* sink : {&through, &alone}) {
    for (const char* part : {"a", "", "bc"}) sink->write(as_bytes(part));
    CHECK(sink->size() == 3);
    CHECK(sink->finish() == Digest::of("abc"));
  }
  CHECK(inner.taken == 3);
}
