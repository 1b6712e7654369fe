// SPDX-License-Identifier: Apache-2.0
//
// Fetches one remote file without a registry: follows redirects, retries temporary failures, and
// returns the last answer whatever its status.
#pragma once

#include <stop_token>
#include <string>

#include "registry/transport.h"

namespace cairn::registry {

// `what` names the file in messages. An "Authorization" header goes to the first host only. Throws
// kRegistry if there is no answer at all, kCancelled. Thread-safe.
Response fetch(Transport& transport, Request request, const std::string& what,
               std::stop_token stop = {});

}  // namespace cairn::registry
