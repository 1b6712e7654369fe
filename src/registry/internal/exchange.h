// SPDX-License-Identifier: Apache-2.0
//
// What every exchange needs, with a registry or without: redirects and the pauses between tries.
#pragma once

#include <optional>
#include <stop_token>
#include <string_view>

#include "registry/transport.h"

namespace cairn::registry {

// Sends the request where redirects lead it. Throws kRegistry, naming `what`, for those that cannot
// be followed: too many, or from an encrypted address to a plain one.
Response send_following(Transport& transport, Request request, std::string_view what);

// How long to wait before try number `attempt + 1`, in seconds; nothing when the answer is final.
std::optional<double> retry_delay(int attempt, const Response& response);
void wait_for(double seconds, std::stop_token stop);

// Reads the rest of an answer nobody wants, so that its connection can be used again.
void drain(Response& response);

}  // namespace cairn::registry
