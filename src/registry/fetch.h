// SPDX-License-Identifier: Apache-2.0
//
// One file of the web, for those who want no registry: redirects are followed, what is temporary is
// tried again, and the last answer comes back whatever its status.
#pragma once

#include <stop_token>
#include <string>

#include "registry/transport.h"

namespace cairn::registry {

// `what` is what messages call it. A header "Authorization" goes to the first host alone. Throws
// kRegistry when nobody answers.
Response fetch(Transport& transport, Request request, const std::string& what,
               std::stop_token stop = {});

}  // namespace cairn::registry
