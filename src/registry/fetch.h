// SPDX-License-Identifier: Apache-2.0
//
// Fetches one remote file without a registry, and checks the hosts that another program will ask.
#pragma once

#include <stop_token>
#include <string>

#include "registry/transport.h"

namespace cairn::registry {

// Follows redirects, retries temporary failures, and returns the last answer whatever its status.
// `what` names the file in messages. An "Authorization" header goes to the first host only. Throws
// kRegistry if there is no answer at all, kCancelled. Thread-safe.
Response fetch(Transport& transport, Request request, const std::string& what,
               std::stop_token stop = {});

// For what another program will ask again: one try, redirects followed. An answer may be missing,
// as that program then says why. Throws kRegistry if the server is silent, if it leads where it may
// not, and for every missing answer if the request has limits, which that program does not know.
Response try_fetch(Transport& transport, Request request, const std::string& what);

// Checks a host that another program will connect to by a protocol of its own.
//
// Throws kRegistry if one of its addresses is off limits. Returns the limits for hosts that this
// one names: the strictest of its addresses. A name without an address counts as public. Blocks
// while the name is looked up. Thread-safe.
OffLimits check_host(const std::string& host, const OffLimits& limits);

}  // namespace cairn::registry
