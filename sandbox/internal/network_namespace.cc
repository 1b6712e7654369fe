// SPDX-License-Identifier: Apache-2.0
//
// A child makes the namespace and sends its descriptors, because unshare(2) would move the caller,
// which must stay in its own network. A visit uses a child, too; it shares our memory (CLONE_VM),
// so no page tables are copied. The socket counters are opened inside once, and afterwards show
// that network to any reader.
#include "sandbox/internal/network_namespace.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "base/attempt.h"
#include "base/error.h"
#include "base/error_json.h"
#include "base/sys/mount.h"
#include "base/sys/process.h"
#include "base/text.h"
#include "sandbox/internal/message.h"

namespace cairn::sandbox {
namespace {

using sys::Fd;

// A container around us may have a read-only /proc/sys. The step then has a network all the same,
// but cannot do this one thing.
void try_to_set(const char* sysctl, std::string_view value) {
  best_effort([&] {
    sys::write_all(sys::open_path(std::string("/proc/sys/net/") + sysctl, O_WRONLY), value);
  });
}

// Runs in the child. /proc/net and /proc/sys/net show the network of the process that looks.
void make_and_send(const Fd& socket, std::uint32_t last_gid) {
  if (::unshare(CLONE_NEWNET) < 0) {
    int code = errno;
    Error error = Error::from_errno(code, "make a network namespace");
    if (code == ENOSPC) error.set_hint("raise the limit user.max_net_namespaces (sysctl)");
    throw std::move(error);
  }
  try_to_set("ipv4/ip_unprivileged_port_start", "0");
  try_to_set("ipv4/ping_group_range", fmt::format("0 {}", last_gid));
  try_to_set("ipv6/conf/default/disable_ipv6", "1");
  raise_loopback();
  Fd ns = sys::open_path("/proc/self/ns/net", O_RDONLY);
  std::vector<Fd> counters;
  std::vector<int> sent{ns.get()};
  for (const char* name : {"sockstat", "sockstat6", "unix"}) {
    std::optional<Fd> file = sys::find_path(std::string("/proc/self/net/") + name, O_RDONLY);
    if (!file) continue;  // a kernel without IPv6
    sent.push_back(file->get());
    counters.push_back(std::move(*file));
  }
  send_message(socket, "made", sent);
}

[[noreturn]] void answer_once(const Fd& socket, std::uint32_t last_gid) {
  if (std::optional<Error> failure = last_failure_of([&] { make_and_send(socket, last_gid); })) {
    // Perhaps our parent is gone.
    best_effort([&] { send_message(socket, serialise(*failure).substr(0, kMaxMessage), {}); });
  }
  ::_exit(0);
}

// --- a visit ---

struct Call {
  const Fd& ns;
  const std::function<int()>& work;
  int* result;
};

// Visible to the caller whether or not the visitor shares all of its memory.
int* shared_result() {
  static int* const result = [] {
    void* page =
        ::mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) throw Error::from_errno(errno, "map a page");
    return static_cast<int*>(page);
  }();
  return result;
}

int visit(void* argument) {
  const Call& call = *static_cast<const Call*>(argument);
  // The scope frees the error, whose memory is the caller's, before the process ends.
  if (std::optional<Error> failure = last_failure_of([&] {
        *call.result = ::setns(call.ns.get(), CLONE_NEWNET) < 0 ? -errno : call.work();
      })) {
    *call.result = failure->code() != 0 ? -failure->code() : -EPROTO;
  }
  ::_exit(0);
}

#if defined(__SANITIZE_ADDRESS__)
pid_t clone_visitor(Call& call) {  // ASan keeps track of one stack only
  pid_t pid = ::fork();
  if (pid == 0) visit(&call);
  return pid;
}
#else
// The caller waits until the visitor has ended, so one stack is enough. It is large, because an
// error message may be formatted there.
pid_t clone_visitor(Call& call) {
  constexpr std::size_t kSize = 256 << 10;
  static std::byte* const stack = [] {
    void* memory = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw Error::from_errno(errno, "make a stack");
    return static_cast<std::byte*>(memory);
  }();
  return ::clone(visit, stack + kSize, CLONE_VM | CLONE_VFORK | SIGCHLD, &call);
}
#endif

}  // namespace

NetworkNamespace make_network_namespace(std::uint32_t last_gid) {
  auto [ours, theirs] = sys::make_socket_pair(SOCK_SEQPACKET);
  pid_t pid = ::fork();
  if (pid < 0) throw Error::from_errno(errno, "fork");
  if (pid == 0) answer_once(theirs, last_gid);
  sys::Process child(pid, Fd());
  theirs.reset();
  std::optional<Message> message = receive_message(ours);
  child.wait();
  if (!message) throw Error(ErrorKind::kHost, "who makes a network namespace has died");
  if (message->fds.empty()) throw parse_error(message->bytes);
  NetworkNamespace network{.ns = std::move(message->fds[0]), .counters = {}};
  for (std::size_t i = 1; i < message->fds.size(); ++i) {
    network.counters.push_back(std::move(message->fds[i]));
  }
  return network;
}

void raise_loopback() {
  Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::copy_n("lo", 3, request.ifr_name);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (!socket || ::ioctl(socket.get(), SIOCSIFFLAGS, &request) < 0) {
    throw Error::from_errno(errno, "bring up the loopback interface");
  }
}

// "TCP: inuse 1 orphan 0 tw 2 alloc 5 mem 0": orphan, alloc and mem are those of the whole host.
// The list of unix sockets has a heading, and a line for each socket.
std::uint64_t count_sockets(std::string_view text) {
  std::vector<std::string> lines = split(text, '\n');
  if (text.starts_with("Num")) return lines.size() - 2;
  std::uint64_t count = 0;
  for (const std::string& line : lines) {
    std::vector<std::string> words = split(line, ' ');
    for (std::size_t i = 1; i + 1 < words.size(); ++i) {
      if (words[i] == "inuse" || words[i] == "tw") count += parse_uint(words[i + 1]).value_or(0);
    }
  }
  return count;
}

std::uint64_t count_sockets(const NetworkNamespace& network) {
  std::uint64_t count = 0;
  for (const Fd& counter : network.counters) {
    sys::rewind(counter);
    count += count_sockets(sys::read_all(counter));
  }
  return count;
}

int call_in_network(const Fd& ns, const std::function<int()>& work) {
  Call call{ns, work, shared_result()};
  // What the caller sees if the visitor dies before it can answer.
  *call.result = -ECHILD;
  pid_t pid = clone_visitor(call);
  if (pid < 0) return -errno;
  sys::Process(pid, Fd()).wait();
  return *call.result;
}

int mount_sysfs() {
  std::optional<sys::MountTree> sysfs = unless_errno(EPERM, [] {
    return sys::new_filesystem("sysfs", {},
                               MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  });
  return sysfs ? sysfs->release().release() : -1;
}

}  // namespace cairn::sandbox
