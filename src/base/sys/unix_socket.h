// SPDX-License-Identifier: Apache-2.0
//
// Stream sockets with a path (unix(7)). The path may be longer than the 107 bytes of an address,
// because it is resolved from a descriptor of its directory. All functions throw kHost.
#pragma once

#include <optional>
#include <string>

#include "base/sys/fd.h"

namespace cairn::sys {

Fd listen_unix(const std::string& path);  // a new name, mode 0600
// Waits for a client. nullopt once the listener was shut down.
std::optional<Fd> accept_unix(const Fd& listener);
Fd connect_unix(const std::string& path);
// Wakes all threads and peers that wait for the socket. A socket that was already shut down is no
// error.
void shut_down(const Fd& socket) noexcept;

}  // namespace cairn::sys
