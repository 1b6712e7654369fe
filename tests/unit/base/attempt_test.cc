// SPDX-License-Identifier: Apache-2.0
//
// Failures as values: which exceptions each function takes, and which go on. A stop request must
// not be lost by the wrong one.
#include "base/attempt.h"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace cairn;

namespace {

int denied() {
  throw Error::from_errno(EACCES, "open /x");
}
int cancelled() {
  throw Error(ErrorKind::kCancelled, "cancelled");
}
int foreign() {
  throw std::runtime_error("not ours");
}

}  // namespace

TEST_CASE("an error can be had as a value, with all that it says") {
  std::optional<Error> failure = failure_of([] {
    ErrorContext while_here([] { return std::string("reading /x"); });
    denied();
  });
  REQUIRE(failure);
  CHECK(failure->code() == EACCES);
  CHECK(failure->context() == std::vector<std::string>{"reading /x"});
  CHECK(!failure_of([] {}));
  CHECK_THROWS_AS(static_cast<void>(failure_of(foreign)), std::runtime_error);
}

TEST_CASE("nothing leaves the last frame of a process") {
  CHECK(!last_failure_of([] {}));
  CHECK(last_failure_of(denied)->code() == EACCES);
  std::optional<Error> bug = last_failure_of(foreign);
  CHECK(bug->kind() == ErrorKind::kBug);
  CHECK(bug->message() == "not ours");
  std::optional<Error> memory = last_failure_of([] { throw std::bad_alloc(); });
  CHECK(memory->kind() == ErrorKind::kHost);
  CHECK(memory->code() == ENOMEM);
  CHECK(memory->message() == "out of memory");
}

TEST_CASE("an exception of any type can be kept for another thread") {
  CHECK(exception_of([] {}) == nullptr);
  CHECK_THROWS_AS(std::rethrow_exception(exception_of(foreign)), std::runtime_error);
  CHECK_THROWS_AS(std::rethrow_exception(exception_of([] { throw 7; })), int);
}

TEST_CASE("a best effort says whether it worked") {
  CHECK(best_effort([] {}));
  CHECK(!best_effort(denied));
  CHECK(!best_effort(cancelled));
  CHECK_THROWS_AS(best_effort(foreign), std::runtime_error);
}

TEST_CASE("what cannot be had counts as missing, but a stop request goes on") {
  CHECK(if_possible([] { return 7; }) == std::optional<int>(7));
  CHECK(if_possible([] { return std::optional<int>(7); }) == std::optional<int>(7));
  CHECK(if_possible(denied) == std::nullopt);
  CHECK_THROWS_WITH_AS(static_cast<void>(if_possible(cancelled)), "cancelled", Error);
}

TEST_CASE("one errno counts as missing, and every other error goes on") {
  CHECK(unless_errno(EACCES, [] { return 7; }) == std::optional<int>(7));
  CHECK(unless_errno(EACCES, denied) == std::nullopt);
  CHECK_THROWS_AS(static_cast<void>(unless_errno(EPERM, denied)), Error);
  CHECK_THROWS_AS(static_cast<void>(unless_errno(EPERM, cancelled)), Error);
  CHECK(unless_errno(EACCES, [] {}));
  CHECK(!unless_errno(EACCES, [] { denied(); }));
  CHECK_THROWS_AS(static_cast<void>(unless_errno(EPERM, [] { denied(); })), Error);
}

TEST_CASE("an error is changed on its way, or replaced by another") {
  auto explain = [](Error& error) { error.set_hint("ask root"); };
  CHECK(amend(explain, [] { return 7; }) == 7);
  std::optional<Error> failure = failure_of([&] { amend(explain, denied); });
  CHECK(failure->hint() == "ask root");
  CHECK(failure->code() == EACCES);
  auto replace = [](const Error& error) {
    throw Error(ErrorKind::kUsage, "sub: " + error.message());
  };
  failure = failure_of([&] { amend(replace, denied); });
  CHECK(failure->kind() == ErrorKind::kUsage);
  CHECK(failure->message() == "sub: open /x: Permission denied");
}
