// SPDX-License-Identifier: Apache-2.0
//
// Failures as values, for the few callers that go on after one. Each function runs `work` once, on
// the calling thread. What a callee can tell by its return value needs none of them; an error that
// goes on with more to say is for amend() and at_span() of base/error.h.
//
// A stop request is an Error of kind kCancelled. unless_errno() and if_possible() let it go on,
// failure_of() hands it to the caller like any other, best_effort() drops it: where a stop can
// come, a caller of failure_of() looks at the kind.
#pragma once

#include <exception>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/error.h"

namespace cairn {

// The Error that ended `work`, or nullopt when it ran through. Other exceptions go on.
template <typename Work>
[[nodiscard]] std::optional<Error> failure_of(Work&& work) {
  try {
    work();
    return std::nullopt;
  } catch (const Error& error) {
    return error;
  }
}

// The same for the last frame of a thread or a process, which nothing may leave: exhausted memory
// becomes a kHost with ENOMEM, every other exception a kBug.
template <typename Work>
[[nodiscard]] std::optional<Error> last_failure_of(Work&& work) {
  try {
    return failure_of(work);
  } catch (const std::bad_alloc&) {
    return Error::out_of_memory();
  } catch (const std::exception& error) {
    return Error(ErrorKind::kBug, error.what());
  }
}

// What ended `work`, to be rethrown elsewhere: on another thread, or behind the C library that
// called us. Null when it ran through.
template <typename Work>
[[nodiscard]] std::exception_ptr exception_of(Work&& work) noexcept {
  try {
    work();
    return nullptr;
  } catch (...) {
    return std::current_exception();
  }
}

// Whether `work` ran through. For tidying up and for niceties, whose failure changes nothing; the
// call says why.
template <typename Work>
bool best_effort(Work&& work) {
  return !failure_of(work);
}

namespace internal {

template <typename Value>
struct Found {
  using Type = std::optional<Value>;
};
template <typename Value>
struct Found<std::optional<Value>> {
  using Type = std::optional<Value>;
};

}  // namespace internal

// An optional of what Work returns. One that is an optional already stays as it is.
template <typename Work>
using FoundBy = typename internal::Found<std::invoke_result_t<Work&>>::Type;

// What `work` returns, or nullopt when it fails, as if there were nothing to find.
template <typename Work>
[[nodiscard]] FoundBy<Work> if_possible(Work&& work) {
  FoundBy<Work> found;
  std::optional<Error> failure = failure_of([&] { found = work(); });
  if (failure && failure->kind() == ErrorKind::kCancelled) throw *std::move(failure);
  return found;
}

// What `work` returns, or nullopt when a system call in it fails with `code`; other errors go on.
// The second form is for work that returns nothing, and tells whether it ran through.
template <typename Work>
requires(!std::is_void_v<std::invoke_result_t<Work&>>)
    [[nodiscard]] FoundBy<Work> unless_errno(int code, Work&& work) {
  FoundBy<Work> found;
  std::optional<Error> failure = failure_of([&] { found = work(); });
  if (failure && failure->code() != code) throw *std::move(failure);
  return found;
}
template <typename Work>
requires(std::is_void_v<std::invoke_result_t<Work&>>)
    [[nodiscard]] bool unless_errno(int code, Work&& work) {
  std::optional<Error> failure = failure_of(work);
  if (failure && failure->code() != code) throw *std::move(failure);
  return !failure;
}

}  // namespace cairn
