// SPDX-License-Identifier: Apache-2.0
//
// A request is two words of text: both ends are this program, so a wrong one is a bug.
#include "sandbox/internal/network_messages.h"

#include <fmt/format.h>

#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace cairn::sandbox {

std::string text(const NetworkRequest& request) {
  return fmt::format("{} {}", request.helper, request.of_step ? "step" : "slot");
}

NetworkRequest parse_network_request(std::string_view text) {
  std::size_t space = text.find(' ');
  auto helper = parse_uint(text.substr(0, space));
  CAIRN_ASSERT(helper && space != std::string_view::npos, "a request for a network makes no sense");
  return {.helper = static_cast<std::size_t>(*helper), .of_step = text.substr(space + 1) == "step"};
}

}  // namespace cairn::sandbox
