// SPDX-License-Identifier: Apache-2.0
//
// Foreign JSON within its bounds, and the one canonical form that gets a digest.
#include "base/json.h"

#include <doctest/doctest.h>

#include <optional>

#include "base/error.h"
#include "base/limits.h"

using namespace cairn;

namespace {

// A list of `count` values in all, the list itself included.
std::string values(std::size_t count, const std::string& value) {
  std::string text = "[" + value;
  for (std::size_t i = 2; i < count; ++i) text += "," + value;
  return text + "]";
}

}  // namespace

TEST_CASE("JSON of more values than a document needs is refused before it is read") {
  CHECK(parse_json(values(limits::kJsonValues, "1"), "x").size() == limits::kJsonValues - 1);
  for (const char* value : {"1", "\"\"", "[]", "{\"\":0}"}) {
    CAPTURE(value);
    std::optional<Error> refusal;
    try {
      parse_json(values(limits::kJsonValues + 2, value), "x");
    } catch (const Error& error) {
      refusal = error;
    }
    REQUIRE(refusal);
    CHECK(refusal->kind() == ErrorKind::kLimit);
    CHECK(refusal->message().find("more than the 250000 allowed") != std::string::npos);
  }
}

TEST_CASE("commas and brackets in a text of JSON are no values") {
  std::string text = "\"\\\"" + std::string(limits::kJsonValues + 10, ',') + "[{\"";
  CHECK(parse_json(text, "x").get<std::string>().size() == limits::kJsonValues + 13);
}
