// SPDX-License-Identifier: Apache-2.0
//
// Classifies addresses by IANA's special-purpose registries (RFC 6890 and updates). IPv6 addresses
// that embed an IPv4 address (mapped, translated, 6to4, 64:ff9b::/96) are classified by that one.
// Pure and thread-safe.
#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>

#include "registry/transport.h"

namespace cairn::registry {

Reach reach_of(const sockaddr* address);
// For a numeric address such as "10.0.0.1" or "fe80::1"; nullopt for a name.
std::optional<Reach> find_reach(const std::string& text);

}  // namespace cairn::registry
