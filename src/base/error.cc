// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <cstring>

#include "base/json.h"

namespace cairn {
namespace {

thread_local ErrorContext* innermost = nullptr;

}  // namespace

Error::Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {
  for (const ErrorContext* c = innermost; c != nullptr; c = c->outer_) {
    context_.push_back(c->describe_());
  }
}

Error::Error(int code, std::string what)
    : Error(ErrorKind::kHost, fmt::format("{}: {}", what, ::strerror(code))) {
  code_ = code;
}

Error&& Error::with_hint(std::string hint) && {
  hint_ = std::move(hint);
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

void Error::set_span_if_none(const SourceSpan& span) {
  if (!span_) span_ = span;
}

ErrorContext::ErrorContext(std::function<std::string()> describe)
    : describe_(std::move(describe)), outer_(innermost) {
  innermost = this;
}

ErrorContext::~ErrorContext() {
  innermost = outer_;
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

std::string serialise(const Error& error) {
  return Json{{"kind", static_cast<int>(error.kind())},
              {"code", error.code()},
              {"message", error.message()},
              {"hint", error.hint()},
              {"context", error.context()}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

Error parse_error(const std::string& text) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return Error(ErrorKind::kBug, "a child reported: " + text);
  Error error(static_cast<ErrorKind>(json.value("kind", static_cast<int>(ErrorKind::kBug))),
              json.value("message", std::string()));
  error.code_ = json.value("code", 0);
  error.hint_ = json.value("hint", std::string());
  std::vector<std::string> context = json.value("context", std::vector<std::string>());
  error.context_.insert(error.context_.begin(), context.begin(), context.end());
  return error;
}

void bug(const char* file, int line, const char* what) {
  throw Error::of(ErrorKind::kBug, "{}:{}: {}", file, line, what);
}

}  // namespace cairn
