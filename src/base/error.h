// SPDX-License-Identifier: Apache-2.0
//
// The one exception type of the house, and the context it gathers.
//
// A throw means that this command, or this step, cannot go on. What a caller wants to branch on is
// a value instead. Code that knows what is being done says so once, for nothing, until something
// fails:
//
//   ErrorContext while_here([&] { return fmt::format("unpacking layer {}", layer); });
//
// An Error picks up all contexts of its thread when it is made, innermost first.
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

// Kinds are few: each changes what the user is told or the exit status.
enum class ErrorKind {
  kUsage,       // the command line: exit 2
  kDockerfile,  // the Dockerfile or what it names: exit 3
  kStep,        // the user's own command failed: exit 1
  kHost,        // kernel, disk, permission: exit 5
  kRegistry,    // network or registry: exit 4
  kCorrupt,     // bytes that are not what their name says: exit 5, from a registry 4
  kPolicy,      // refused by a rule the user or the house set: exit 6
  kLimit,       // a time or size limit: exit 7
  kCancelled,   // by a signal or another step's failure: exit 130
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
  // The same on an error that was caught and goes on.
  void set_kind(ErrorKind kind) { kind_ = kind; }
  void set_hint(std::string hint) { hint_ = std::move(hint); }
  void set_span_if_none(const SourceSpan& span);
  void add_context(std::string line) { context_.push_back(std::move(line)); }

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

// Names what is being done for as long as the object lives. The function runs only when an Error is
// made below it on the same thread; it may allocate, and must not throw.
class ErrorContext {
 public:
  explicit ErrorContext(std::function<std::string()> describe);
  ~ErrorContext();
  ErrorContext(const ErrorContext&) = delete;
  ErrorContext& operator=(const ErrorContext&) = delete;

 private:
  friend class Error;
  friend class BorrowedErrorContext;
  std::function<std::string()> describe_;
  ErrorContext* outer_;
};

// For a thread that works for another, which waits for it: errors made here pick up the contexts
// that were there when mine() was asked.
class BorrowedErrorContext {
 public:
  static ErrorContext* mine();
  explicit BorrowedErrorContext(ErrorContext* theirs);
  ~BorrowedErrorContext();
  BorrowedErrorContext(const BorrowedErrorContext&) = delete;
  BorrowedErrorContext& operator=(const BorrowedErrorContext&) = delete;
};

// An Error as one line of text and back, to cross a process boundary. Spans do not travel: the far
// side knows where it was.
std::string serialise(const Error& error);
Error parse_error(const std::string& text);

// A broken invariant inside cairn; never for input. Ends the command with exit status 70.
[[noreturn]] void bug(const char* file, int line, const char* what);
#define CAIRN_ASSERT(condition, what) \
  ((condition) ? void() : ::cairn::bug(__FILE__, __LINE__, what))

}  // namespace cairn
