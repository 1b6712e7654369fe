// SPDX-License-Identifier: Apache-2.0
//
// The one exception type of cairn, and the context that it collects.
//
// A throw means that this command, or this step, cannot go on. What a caller may branch on is a
// return value instead. Code that knows what is being done says so once; this costs nothing until
// something fails:
//
//   ErrorContext while_here([&] { return fmt::format("unpacking layer {}", layer); });
//
// An Error collects all contexts of its thread when it is made, innermost first. Logins in URLs are
// masked in all of its text. An Error is a value; it may be handed to another thread.
#pragma once

#include <fmt/format.h>

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/source_span.h"

namespace cairn {

// Few kinds: each stands for a different message or exit status.
enum class ErrorKind {
  kUsage,       // the command line: exit 2
  kDockerfile,  // the Dockerfile, or a file that it names: exit 3
  kStep,        // the user's own command failed: exit 1
  kHost,        // kernel, disk, permission: exit 5
  kRegistry,    // network or registry: exit 4
  kCorrupt,     // bytes that do not match their digest or format: exit 5, from a registry 4
  kPolicy,      // refused by a rule of the user or of cairn: exit 6
  kLimit,       // a time or size limit: exit 7
  kCancelled,   // by a signal or another step's failure: exit 130
  kUnread,      // the reader of stdout is gone: no message, exit as by SIGPIPE
  kBug,         // cairn's own fault: exit 70
};

class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message);

  // Formats the message: Error::of(ErrorKind::kUsage, "unknown flag: {}", flag).
  template <typename... Args>
  static Error of(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
    return Error(kind, fmt::format(format, std::forward<Args>(args)...));
  }
  // kHost, with ENOMEM as code().
  static Error out_of_memory();
  // A failed system call: "open /x: Permission denied", kind kHost. `code()` keeps the errno.
  template <typename... Args>
  static Error from_errno(int code, fmt::format_string<Args...> format, Args&&... args) {
    return Error(code, fmt::format(format, std::forward<Args>(args)...));
  }

  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }
  const std::optional<SourceSpan>& span() const { return span_; }
  const std::vector<std::string>& context() const { return context_; }
  int code() const { return code_; }  // errno, or 0
  const char* what() const noexcept override { return message_.c_str(); }

  // Additions, for use in a throw expression: throw Error::of(...).with_hint("...").at(span).
  Error&& with_hint(std::string hint) &&;
  Error&& at(SourceSpan span) &&;
  Error&& with_kind(ErrorKind kind) &&;
  // The same for an error that was caught and is thrown again.
  void set_kind(ErrorKind kind) { kind_ = kind; }
  void set_hint(std::string hint);
  void set_span_if_none(const SourceSpan& span);
  void add_context(std::string line);
  // A copy in which message, hint and contexts are what `text` makes of them.
  Error with_texts(const std::function<std::string(const std::string&)>& text) const;

 private:
  friend Error parse_error(const std::string& text);
  Error(int code, std::string what);

  ErrorKind kind_;
  int code_ = 0;
  std::string message_;
  std::string hint_;
  std::optional<SourceSpan> span_;
  std::vector<std::string> context_;
};

// An error in the Dockerfile, or in a file that it names.
template <typename... Args>
Error dockerfile_error(fmt::format_string<Args...> format, Args&&... args) {
  return Error::of(ErrorKind::kDockerfile, format, std::forward<Args>(args)...);
}

// Rethrows the failure of another thread. An Error is copied, and gets the contexts of this thread
// too.
[[noreturn]] void rethrow_here(const std::exception_ptr& failure);

// Names what is being done while the object lives. `describe` runs only when an Error is made in
// this scope on the same thread. It may allocate, and must not throw. Objects must nest, as locals
// do.
class ErrorContext {
 public:
  explicit ErrorContext(std::function<std::string()> describe);
  ~ErrorContext();
  ErrorContext(const ErrorContext&) = delete;
  ErrorContext& operator=(const ErrorContext&) = delete;

 private:
  friend class Error;
  friend class BorrowedErrorContext;
  friend void rethrow_here(const std::exception_ptr& failure);
  std::function<std::string()> describe_;
  ErrorContext* outer_;
};

// Returns what `work` returns. An Error thrown by it is given to `change`, and goes on as that
// leaves it. `change` takes an Error& and may throw another instead. base/attempt.h has errors that
// end.
template <typename Change, typename Work>
auto amend(Change&& change, Work&& work) {
  try {
    return work();
  } catch (Error& error) {
    change(error);
    throw;
  }
}

// The same, where the Error gets this span unless it has one.
template <typename Work>
auto at_span(const SourceSpan& span, Work&& work) {
  return amend([&](Error& error) { error.set_span_if_none(span); }, work);
}

// For a helper thread whose caller waits for it: errors of the helper also collect the caller's
// contexts. The caller takes mine() before it starts the helper, and its contexts must outlive the
// helper's work.
class BorrowedErrorContext {
 public:
  static ErrorContext* mine();
  explicit BorrowedErrorContext(ErrorContext* theirs);
  ~BorrowedErrorContext();
  BorrowedErrorContext(const BorrowedErrorContext&) = delete;
  BorrowedErrorContext& operator=(const BorrowedErrorContext&) = delete;
};

// A broken invariant of cairn itself, never for input. Throws kBug: exit status 70.
[[noreturn]] void bug(const char* file, int line, const char* what);
#define CAIRN_ASSERT(condition, what) \
  ((condition) ? void() : ::cairn::bug(__FILE__, __LINE__, what))

}  // namespace cairn
