// SPDX-License-Identifier: Apache-2.0
//
// The contexts of a thread form a linked list on its stack, headed by one thread-local pointer:
// entering a context costs two stores. An Error walks the list when it is made, while all contexts
// are still alive; by the time it is caught they are gone.
#include "base/error.h"

#include <cerrno>
#include <cstring>

#include "base/attempt.h"
#include "base/logins.h"

namespace cairn {
namespace {

thread_local ErrorContext* innermost = nullptr;

}  // namespace

// A message may quote a command line or the output of git. No password in a URL gets out, so all
// text is masked here.
Error::Error(ErrorKind kind, std::string message) : kind_(kind), message_(mask_logins(message)) {
  for (const ErrorContext* c = innermost; c != nullptr; c = c->outer_) {
    context_.push_back(mask_logins(c->describe_()));
  }
}

Error::Error(int code, std::string what)
    : Error(ErrorKind::kHost, fmt::format("{}: {}", what, ::strerror(code))) {
  code_ = code;
}

Error Error::out_of_memory() {
  Error error(ErrorKind::kHost, "out of memory");
  error.code_ = ENOMEM;
  return error;
}

Error&& Error::with_hint(std::string hint) && {
  set_hint(std::move(hint));
  return std::move(*this);
}

Error&& Error::at(SourceSpan span) && {
  span_ = std::move(span);
  return std::move(*this);
}

Error&& Error::with_kind(ErrorKind kind) && {
  kind_ = kind;
  return std::move(*this);
}

void Error::set_hint(std::string hint) {
  hint_ = mask_logins(hint);
}

void Error::set_span_if_none(const SourceSpan& span) {
  if (!span_) span_ = span;
}

void Error::add_context(std::string line) {
  context_.push_back(mask_logins(line));
}

Error Error::with_texts(const std::function<std::string(const std::string&)>& text) const {
  Error copy = *this;
  copy.message_ = text(message_);
  copy.hint_ = text(hint_);
  for (std::string& line : copy.context_) line = text(line);
  return copy;
}

ErrorContext::ErrorContext(std::function<std::string()> describe)
    : describe_(std::move(describe)), outer_(innermost) {
  innermost = this;
}

ErrorContext::~ErrorContext() {
  innermost = outer_;
}

// Contexts of this thread are added behind those of the failed one, which are the inner ones.
void rethrow_here(const std::exception_ptr& failure) {
  // A copy: several threads may rethrow the original.
  std::optional<Error> error = failure_of([&] { std::rethrow_exception(failure); });
  for (ErrorContext* at = innermost; at != nullptr; at = at->outer_) {
    error->add_context(at->describe_());
  }
  throw *std::move(error);
}

ErrorContext* BorrowedErrorContext::mine() {
  return innermost;
}
BorrowedErrorContext::BorrowedErrorContext(ErrorContext* theirs) {
  innermost = theirs;
}
BorrowedErrorContext::~BorrowedErrorContext() {
  innermost = nullptr;
}

void bug(const char* file, int line, const char* what) {
  throw Error::of(ErrorKind::kBug, "{}:{}: {}", file, line, what);
}

}  // namespace cairn
