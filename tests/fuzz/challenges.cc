// SPDX-License-Identifier: Apache-2.0
//
// WWW-Authenticate headers: never an error, and what was read of one reads the same when it is
// written down properly.
#include "registry/internal/challenge.h"
#include "tests/fuzz/fuzz.h"

using namespace cairn;

namespace {

// A quoted string (RFC 9110, section 5.6.4).
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string written(const std::vector<registry::Challenge>& challenges) {
  std::string out;
  for (const registry::Challenge& challenge : challenges) {
    out += (out.empty() ? "" : ", ") + challenge.scheme;
    const char* before = " ";
    for (const auto& [name, value] : challenge.params) {
      out += before + name + "=" + quoted(value);
      before = ", ";
    }
  }
  return out;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<registry::Challenge> challenges =
      registry::parse_challenges(fuzz::text_of(data, size));
  for (const registry::Challenge& challenge : challenges) {
    fuzz::require(!challenge.scheme.empty());
  }
  fuzz::require(registry::parse_challenges(written(challenges)) == challenges);
  return 0;
}
