// SPDX-License-Identifier: Apache-2.0
//
// The sender is a child that may die in the middle of a message, so reading never throws.
#include "base/error_json.h"

#include <utility>
#include <vector>

#include "base/json.h"

namespace cairn {

std::string serialise(const Error& error) {
  return Json{{"kind", static_cast<int>(error.kind())},
              {"code", error.code()},
              {"message", error.message()},
              {"hint", error.hint()},
              {"context", error.context()}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

Error parse_error(const std::string& text) {
  // The text may be cut short by a crash of the child: never throw for it.
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

}  // namespace cairn
