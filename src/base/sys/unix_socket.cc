// SPDX-License-Identifier: Apache-2.0
//
// sun_path holds 107 bytes, and paths in a store are longer. So a socket is addressed as
// /proc/self/fd/N/name, where N is an open descriptor of its directory. That also fixes the
// directory while the socket is bound.
#include "base/sys/unix_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "base/error.h"

namespace cairn::sys {
namespace {

Fd stream_socket() {
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) throw Error::from_errno(errno, "make a socket");
  return socket;
}

// The address of a socket. The directory stays open while the address is in use.
struct Address {
  explicit Address(const std::string& path) {
    std::size_t slash = path.rfind('/');
    std::string parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    dir = open_path(parent, O_PATH | O_DIRECTORY);
    std::string name = fmt::format("/proc/self/fd/{}/{}", dir.get(),
                                   slash == std::string::npos ? path : path.substr(slash + 1));
    if (name.size() >= sizeof un.sun_path) throw Error::from_errno(ENAMETOOLONG, "socket {}", path);
    std::memcpy(un.sun_path, name.c_str(), name.size() + 1);
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&un); }

  Fd dir;
  sockaddr_un un{.sun_family = AF_UNIX, .sun_path = {}};
};

}  // namespace

Fd listen_unix(const std::string& path) {
  Fd socket = stream_socket();
  Address address(path);
  // bind(2) creates the file with the mode of the socket less the umask, so no other user can
  // connect in between.
  if (::fchmod(socket.get(), 0600) < 0 ||
      ::bind(socket.get(), address.get(), sizeof address.un) < 0 ||
      ::listen(socket.get(), SOMAXCONN) < 0) {
    throw Error::from_errno(errno, "listen on {}", path);
  }
  return socket;
}

std::optional<Fd> accept_unix(const Fd& listener) {
  int fd = retry_eintr([&] { return ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC); });
  if (fd >= 0) return Fd(fd);
  // accept(2) fails with EINVAL once the listener was shut down.
  if (errno == EINVAL) return std::nullopt;
  throw Error::from_errno(errno, "accept a connection");
}

Fd connect_unix(const std::string& path) {
  Fd socket = stream_socket();
  Address address(path);
  auto connect = [&] { return ::connect(socket.get(), address.get(), sizeof address.un); };
  if (retry_eintr(connect) < 0) throw Error::from_errno(errno, "connect to {}", path);
  return socket;
}

void shut_down(const Fd& socket) noexcept {
  ::shutdown(socket.get(), SHUT_RDWR);
}

}  // namespace cairn::sys
