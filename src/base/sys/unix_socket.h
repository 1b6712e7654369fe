// SPDX-License-Identifier: Apache-2.0
//
// Stream sockets with a name in the file system. A name may be longer than the 107 bytes of an
// address: it is resolved from its directory's descriptor.
#pragma once

#include <optional>
#include <string>

#include "base/sys/fd.h"

namespace cairn::sys {

Fd listen_unix(const std::string& path);  // a new name, mode 0600
// Waits for a client; nothing once the listener was shut down.
std::optional<Fd> accept_unix(const Fd& listener);
Fd connect_unix(const std::string& path);
// Wakes whoever waits for the socket, here and at the other end; what has ended is no error.
void shut_down(const Fd& socket) noexcept;

}  // namespace cairn::sys
