// SPDX-License-Identifier: Apache-2.0
#include "sandbox/seccomp.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <type_traits>

#include "base/error.h"
#include "base/sys/fd.h"
#include "sandbox/internal/seccomp_profile.h"

namespace cairn::sandbox {
namespace {

struct FreeFilter {
  void operator()(scmp_filter_ctx filter) const { ::seccomp_release(filter); }
};
using FilterHandle = std::unique_ptr<void, FreeFilter>;

constexpr std::uint64_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                         CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;

void check(int result, const char* what) {
  if (result < 0) throw Error::from_errno(-result, "build the seccomp filter: {}", what);
}

// A call that this architecture does not have needs no rule.
void allow(const FilterHandle& filter, const char* name) {
  int call = ::seccomp_syscall_resolve_name(name);
  if (call == __NR_SCMP_ERROR) return;
  check(::seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0), name);
}

void allow_if(const FilterHandle& filter, const char* name, scmp_arg_cmp condition) {
  int call = ::seccomp_syscall_resolve_name(name);
  check(::seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call, 1, &condition), name);
}

// Programs of the machine's 32-bit sibling run in containers too.
void add_architectures(const FilterHandle& filter) {
  switch (::seccomp_arch_native()) {
    case SCMP_ARCH_X86_64:
      check(::seccomp_arch_add(filter.get(), SCMP_ARCH_X86), "x86");
      check(::seccomp_arch_add(filter.get(), SCMP_ARCH_X32), "x32");
      break;
    case SCMP_ARCH_AARCH64:
      check(::seccomp_arch_add(filter.get(), SCMP_ARCH_ARM), "arm");
      break;
    default:
      break;
  }
}

void add_rules(const FilterHandle& filter) {
  for (const char* name : kAllowed) allow(filter, name);
  switch (::seccomp_arch_native()) {
    case SCMP_ARCH_X86_64:
      for (const char* name : kAllowedX86) allow(filter, name);
      break;
    case SCMP_ARCH_AARCH64:
      for (const char* name : kAllowedArm) allow(filter, name);
      break;
    default:
      break;
  }
  // All address families but AF_ALG and AF_VSOCK: the kernel's crypto, and the way to a hypervisor.
  allow_if(filter, "socket", {0, SCMP_CMP_LT, AF_ALG, 0});
  allow_if(filter, "socket", {0, SCMP_CMP_EQ, AF_ALG + 1, 0});
  allow_if(filter, "socket", {0, SCMP_CMP_GT, AF_VSOCK, 0});
  for (unsigned long value : kPersonalities) {
    allow_if(filter, "personality", {0, SCMP_CMP_EQ, value, 0});
  }
  // New namespaces only for who may administer. clone3 has its flags in memory, where a filter cannot
  // look; with ENOSYS the C library falls back to clone.
  allow_if(filter, "clone", {0, SCMP_CMP_MASKED_EQ, kNewNamespaces, 0});
  check(::seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0), "clone3");
}

std::vector<sock_filter> exported(const FilterHandle& filter) {
  sys::Fd memory = sys::make_memfd("cairn-seccomp");
  check(::seccomp_export_bpf(filter.get(), memory.get()), "export");
  if (::lseek(memory.get(), 0, SEEK_SET) < 0) throw Error::from_errno(errno, "rewind the filter");
  std::string bytes = sys::read_all(memory);
  std::vector<sock_filter> program(bytes.size() / sizeof(sock_filter));
  std::memcpy(program.data(), bytes.data(), program.size() * sizeof(sock_filter));
  return program;
}

// The answers for calls that libseccomp has no name for, put before its program: allowed ones, and
// ENOSYS for all that came after our table. x32 calls carry a high bit and are left to the program.
std::vector<sock_filter> newer_calls() {
  constexpr std::uint32_t kX32Bit = 0x40000000;
  std::vector<sock_filter> code{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
  constexpr std::size_t kCalls = std::size(kAllowedNewer);
  // Jumps count from the next instruction: the layout is two range tests, the table, the last range
  // test, ENOSYS, ALLOW, then libseccomp's program.
  constexpr std::uint8_t kToProgram = kCalls + 4;
  code.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kX32Bit, kToProgram, 0));
  code.push_back(BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, kLastKnownToLibseccomp, 0, kToProgram - 1));
  for (std::size_t i = 0; i < kCalls; ++i) {
    auto to_allow = static_cast<std::uint8_t>(kCalls - i + 1);
    auto number = static_cast<std::uint32_t>(kAllowedNewer[i].number);
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, to_allow, 0));
  }
  code.push_back(BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, kLastKnownCall, 0, 2));
  code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS));
  code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  return code;
}

}  // namespace

SeccompFilter compile_default_filter() {
  FilterHandle filter(::seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (!filter) throw Error::of(ErrorKind::kHost, "libseccomp cannot make a filter");
  add_architectures(filter);
  // A balanced tree instead of a list: a call deep in the table costs ten comparisons, not hundreds.
  check(::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimise");
  add_rules(filter);
  SeccompFilter result{.program = newer_calls()};
  std::vector<sock_filter> rules = exported(filter);
  result.program.insert(result.program.end(), rules.begin(), rules.end());
  return result;
}

void install(const SeccompFilter& filter) {
  sock_fprog program{.len = static_cast<unsigned short>(filter.program.size()),
                     .filter = const_cast<sock_filter*>(filter.program.data())};
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0) {
    throw Error::from_errno(errno, "install the seccomp filter");
  }
}

}  // namespace cairn::sandbox
