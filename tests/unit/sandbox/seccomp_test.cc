// SPDX-License-Identifier: Apache-2.0
#include "sandbox/seccomp.h"

#include <doctest/doctest.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

using namespace cairn::sandbox;

namespace {

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t kDeny = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t kUnknown = SECCOMP_RET_ERRNO | ENOSYS;

// The part of classic BPF that filters use, as in the kernel's net/core/filter.c.
std::uint32_t interpret(const std::vector<sock_filter>& program, const seccomp_data& data) {
  std::uint32_t word = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& insn = program[at];
    auto jump = [&](bool taken) { at += taken ? insn.jt : insn.jf; };
    switch (insn.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        std::memcpy(&word, reinterpret_cast<const char*>(&data) + insn.k, sizeof word);
        break;
      case BPF_JMP | BPF_JA: at += insn.k; break;
      case BPF_JMP | BPF_JEQ | BPF_K: jump(word == insn.k); break;
      case BPF_JMP | BPF_JGE | BPF_K: jump(word >= insn.k); break;
      case BPF_JMP | BPF_JSET | BPF_K: jump((word & insn.k) != 0); break;
      case BPF_RET | BPF_K: return insn.k;
      default: FAIL("an instruction that our filters do not use");
    }
  }
  FAIL("a filter that ends without an answer");
  return 0;
}

const std::vector<sock_filter>& program() {
  static const SeccompFilter filter = compile_default_filter();
  return filter.program;
}

struct Machine {
  std::uint32_t audit;
  std::uint32_t libseccomp;
};
Machine native() {
  return ::seccomp_arch_native() == SCMP_ARCH_X86_64
             ? Machine{AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64}
             : Machine{AUDIT_ARCH_AARCH64, SCMP_ARCH_AARCH64};
}

std::uint32_t answer(Machine machine, int number, std::uint64_t argument = 0) {
  seccomp_data data{};
  data.nr = number;
  data.arch = machine.audit;
  data.args[0] = argument;
  return interpret(program(), data);
}

std::uint32_t answer(const char* name, std::uint64_t argument = 0) {
  return answer(native(), ::seccomp_syscall_resolve_name_arch(native().libseccomp, name), argument);
}

}  // namespace

TEST_CASE("everyday calls are allowed") {
  for (const char* name : {"read",
                           "write",
                           "openat",
                           "openat2",
                           "execve",
                           "mmap",
                           "futex",
                           "chown",
                           "fchownat",
                           "mknodat",
                           "setuid",
                           "setgroups",
                           "chroot",
                           "ptrace",
                           "kill",
                           "statx",
                           "faccessat2",
                           "rseq",
                           "landlock_create_ruleset",
                           "close_range",
                           "memfd_create",
                           "process_vm_readv",
                           "seccomp",
                           "setxattr",
                           "epoll_pwait2"}) {
    CAPTURE(name);
    CHECK(answer(name) == kAllow);
  }
}

TEST_CASE("a listener is told of devices that are made, and of nothing else") {
  int number = ::seccomp_syscall_resolve_name_arch(native().libseccomp, "mknodat");
  auto make = [&](const std::vector<sock_filter>& code, mode_t mode, dev_t device) {
    seccomp_data data{};
    data.nr = number;
    data.arch = native().audit;
    data.args[2] = mode;
    data.args[3] = device;
    return interpret(code, data);
  };
  const std::vector<sock_filter> silent = compile_default_filter().silent;
  for (mode_t mode : {S_IFCHR | 0666, S_IFBLK | 0600}) {
    CHECK(make(program(), mode, makedev(1, 3)) == SECCOMP_RET_USER_NOTIF);
    CHECK(make(silent, mode, makedev(1, 3)) == kAllow);
  }
  CHECK(make(program(), S_IFCHR, 0) == kAllow);  // a whiteout
  for (mode_t mode : {0, S_IFREG, S_IFIFO, S_IFSOCK, S_IFDIR, S_IFLNK}) {
    CHECK(make(program(), mode | 0644, makedev(1, 3)) == kAllow);
  }
}

TEST_CASE("calls that reach the host, or widen the kernel's surface, are denied") {
  for (const char* name : {"mount",
                           "umount2",
                           "pivot_root",
                           "unshare",
                           "setns",
                           "fsopen",
                           "open_tree",
                           "move_mount",
                           "mount_setattr",
                           "bpf",
                           "perf_event_open",
                           "userfaultfd",
                           "keyctl",
                           "add_key",
                           "request_key",
                           "io_uring_setup",
                           "io_uring_enter",
                           "init_module",
                           "finit_module",
                           "delete_module",
                           "kexec_load",
                           "reboot",
                           "swapon",
                           "open_by_handle_at",
                           "settimeofday",
                           "clock_settime",
                           "acct",
                           "syslog",
                           "sethostname",
                           "quotactl",
                           "nfsservctl",
                           "iopl",
                           "ioperm",
                           "vhangup",
                           "pidfd_getfd",
                           "kcmp",
                           "move_pages",
                           "get_mempolicy"}) {
    CAPTURE(name);
    int number = ::seccomp_syscall_resolve_name_arch(native().libseccomp, name);
    if (number < 0) continue;  // another machine's
    CHECK(answer(native(), number) == kDeny);
  }
}

TEST_CASE("processes and threads may be made, namespaces may not") {
  CHECK(answer("clone", SIGCHLD) == kAllow);
  CHECK(answer("clone", CLONE_VM | CLONE_THREAD | CLONE_SIGHAND) == kAllow);
  for (std::uint64_t flag : {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC,
                             CLONE_NEWUTS, CLONE_NEWCGROUP}) {
    CHECK(answer("clone", flag | SIGCHLD) == kDeny);
  }
  CHECK(answer("clone3") == kUnknown);  // the C library falls back to clone
}

TEST_CASE("sockets of all families but AF_ALG and AF_VSOCK, whatever the upper half says") {
  for (std::uint64_t family : {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_NFC}) {
    CHECK(answer("socket", family) == kAllow);
  }
  for (std::uint64_t family : {AF_ALG, AF_VSOCK}) {
    CHECK(answer("socket", family) == kDeny);
    CHECK(answer("socket", family | 1ull << 32) == kDeny);
  }
}

TEST_CASE("personality may be asked, and set to Linux or 32-bit Linux") {
  for (std::uint64_t value : {0x0, 0x8, 0x20000, 0x20008})
    CHECK(answer("personality", value) == kAllow);
  CHECK(answer("personality", 0xffffffff) == kAllow);
  CHECK(answer("personality", 0x0040000) == kDeny);  // ADDR_NO_RANDOMIZE
}

TEST_CASE("calls newer than libseccomp are known by number, and newer ones than us do not exist") {
  CHECK(answer(native(), 452) == kAllow);  // fchmodat2: EPERM here would break chmod of new libcs
  CHECK(answer(native(), 463) == kAllow);  // setxattrat
  CHECK(answer(native(), 459) == kDeny);   // lsm_get_self_attr
  CHECK(answer(native(), 467) == kDeny);   // open_tree_attr
  CHECK(answer(native(), 470) == kUnknown);
  CHECK(answer(native(), 100000) == kUnknown);
  CHECK(answer(native(), -1) == kUnknown);
}

TEST_CASE("programs of the 32-bit sibling live under the same rules") {
  if (::seccomp_arch_native() != SCMP_ARCH_X86_64) return;
  Machine i386{AUDIT_ARCH_I386, SCMP_ARCH_X86};
  auto number = [](const char* name) {
    return ::seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86, name);
  };
  CHECK(answer(i386, number("openat")) == kAllow);
  CHECK(answer(i386, number("socketcall")) == kAllow);
  CHECK(answer(i386, number("clock_gettime64")) == kAllow);
  CHECK(answer(i386, number("mount")) == kDeny);
  CHECK(answer(i386, number("clone"), CLONE_NEWUSER) == kDeny);
  CHECK(answer(i386, 452) == kAllow);
}

TEST_CASE("x32 calls do not exist, and an unknown calling convention is fatal") {
  if (::seccomp_arch_native() != SCMP_ARCH_X86_64) return;
  CHECK(answer(native(), 0x40000000) == kUnknown);
  CHECK(answer({AUDIT_ARCH_S390X, 0}, 0) == SECCOMP_RET_KILL_PROCESS);
}

TEST_CASE("the program is small, as each step pays for its length") {
  CHECK(program().size() < 500);
}
