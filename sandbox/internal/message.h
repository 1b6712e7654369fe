// SPDX-License-Identifier: Apache-2.0
//
// Short messages with descriptors over a SOCK_SEQPACKET socket pair. launcher_protocol.h and
// network_keeper.h give the bytes a meaning. One message is one send, so threads need no lock.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sys/fd.h"

namespace cairn::sandbox {

constexpr std::size_t kMaxMessage = 4096;
constexpr std::size_t kMaxMessageFds = 253;  // the kernel's SCM_MAX_FD

struct Message {
  std::string bytes;
  std::vector<sys::Fd> fds;
};

// Borrows the descriptors. Throws kHost, also for EPIPE (the peer is gone).
void send_message(const sys::Fd& socket, std::string_view bytes, const std::vector<int>& fds);
// Blocks. Returns nullopt if the peer is gone.
std::optional<Message> receive_message(const sys::Fd& socket);

}  // namespace cairn::sandbox
