// SPDX-License-Identifier: Apache-2.0
//
// What builder, keeper and guardians of networks say to each other; network_keeper.h draws them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cairn::sandbox {

// From the builder to the keeper: which helper to use, and whose namespace it connects.
struct NetworkRequest {
  std::size_t helper = 0;
  bool of_step = false;  // the namespace is the step's, and comes from the launcher on the channel
};
std::string text(const NetworkRequest& request);
NetworkRequest parse_network_request(std::string_view text);

// What a guardian says on its channel: once when it is ready, and when it is asked.
constexpr std::string_view kNetworkReady = "ready";  // with the namespace, unless it is a step's
constexpr std::string_view kNetworkClean = "clean";  // nothing of the last step is left
constexpr std::string_view kAskIfClean = "is it clean?";
// Any other text is an error message; the guardian has ended then.

}  // namespace cairn::sandbox
