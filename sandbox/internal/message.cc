// SPDX-License-Identifier: Apache-2.0
//
// sendmsg(2) and recvmsg(2) with SCM_RIGHTS (unix(7)). SOCK_SEQPACKET keeps the bounds of messages,
// so bytes and descriptors of two never mix. A truncated message is an error: the kernel cuts off
// descriptors silently when the limit of open files is reached.
#include "sandbox/internal/message.h"

#include <sys/socket.h>

#include <cstring>

#include "base/error.h"

namespace cairn::sandbox {

void send_message(const sys::Fd& socket, std::string_view bytes, const std::vector<int>& fds) {
  if (fds.size() > kMaxMessageFds) {
    throw Error::of(ErrorKind::kLimit, "a step can take {} descriptors, not {}", kMaxMessageFds,
                    fds.size());
  }
  iovec data{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
  std::vector<char> control(CMSG_SPACE(fds.size() * sizeof(int)));
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  if (!fds.empty()) {
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
    std::memcpy(CMSG_DATA(rights), fds.data(), fds.size() * sizeof(int));
  }
  if (sys::retry_eintr([&] { return ::sendmsg(socket.get(), &header, MSG_NOSIGNAL); }) < 0) {
    throw Error::from_errno(errno, "send to the launcher");
  }
}

std::optional<Message> receive_message(const sys::Fd& socket) {
  Message message{.bytes = std::string(kMaxMessage, '\0'), .fds = {}};
  iovec data{.iov_base = message.bytes.data(), .iov_len = message.bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxMessageFds * sizeof(int))];
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t count =
      // Descriptors get close-on-exec at once, before another thread could fork.
      sys::retry_eintr([&] { return ::recvmsg(socket.get(), &header, MSG_CMSG_CLOEXEC); });
  // A peer that closed with unread messages causes ECONNRESET; it is gone all the same.
  if (count < 0 && errno != ECONNRESET) throw Error::from_errno(errno, "receive a message");
  if (count <= 0) return std::nullopt;
  message.bytes.resize(static_cast<std::size_t>(count));
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    std::vector<int> fds((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(fds.data(), CMSG_DATA(part), fds.size() * sizeof(int));
    for (int fd : fds) message.fds.emplace_back(fd);
  }
  if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    throw Error::of(ErrorKind::kHost, "a message was cut off; is the limit of open files too low?");
  }
  return message;
}

}  // namespace cairn::sandbox
