// SPDX-License-Identifier: Apache-2.0
//
// From the table of calls to a BPF program. libseccomp names the calls of each architecture but
// does not generate the program. Its output for three architectures has 1240 instructions, and the
// kernel, which compiles a filter and runs it for every call number whenever one is installed, took
// 0.4 ms of each step for that. Neighbouring call numbers mostly have the same verdict, so ours is
// a balanced search over ranges of numbers: a few hundred instructions, and seven comparisons for
// any call.
#include "sandbox/seccomp.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>

#include "base/error.h"
#include "sandbox/internal/seccomp_profile.h"

namespace cairn::sandbox {
namespace {

using Code = std::vector<sock_filter>;

enum class Verdict { kDeny, kAllow, kUnknown, kSocket, kPersonality, kClone, kMknod, kMknodAt };

constexpr std::uint32_t kDeny = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t kUnknown = SECCOMP_RET_ERRNO | ENOSYS;
constexpr std::uint32_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                         CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;

// One calling convention of the machine: its value in seccomp_data.arch, and libseccomp's token for
// it.
struct Architecture {
  std::uint32_t audit;
  std::uint32_t libseccomp;
  std::span<const char* const> extra;  // calls that only this one has
};

// The machine's own first, then its 32-bit sibling, whose programs run in containers, too.
std::vector<Architecture> architectures() {
  switch (::seccomp_arch_native()) {
    case SCMP_ARCH_X86_64:
      return {{AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64, kAllowedX86},
              {AUDIT_ARCH_I386, SCMP_ARCH_X86, kAllowedX86}};
    case SCMP_ARCH_AARCH64:
      return {{AUDIT_ARCH_AARCH64, SCMP_ARCH_AARCH64, kAllowedArm},
              {AUDIT_ARCH_ARM, SCMP_ARCH_ARM, kAllowedArm}};
    case SCMP_ARCH_RISCV64: return {{AUDIT_ARCH_RISCV64, SCMP_ARCH_RISCV64, kAllowedRiscv}};
    default: throw Error::of(ErrorKind::kHost, "no seccomp profile for this kind of machine yet");
  }
}

// --- the verdict on each call number of an architecture ---

// Each key starts a range that ends before the next key.
using Ranges = std::map<std::uint32_t, Verdict>;

class VerdictTable {
 public:
  explicit VerdictTable(const Architecture& architecture) : architecture_(architecture) {}

  // Skips a call that this architecture does not have.
  void set(const char* name, Verdict verdict) {
    int number = ::seccomp_syscall_resolve_name_arch(architecture_.libseccomp, name);
    if (number >= 0) set(number, verdict);
  }
  void set(int number, Verdict verdict) { verdicts_[static_cast<std::uint32_t>(number)] = verdict; }

  Ranges ranges() const {
    Ranges ranges{{0, Verdict::kDeny}};
    std::uint32_t next = 0;
    for (const auto& [number, verdict] : verdicts_) {
      if (number != next) extend(ranges, next, Verdict::kDeny);
      extend(ranges, number, verdict);
      next = number + 1;
    }
    if (next <= kLastKnownCall) extend(ranges, next, Verdict::kDeny);
    extend(ranges, kLastKnownCall + 1, Verdict::kUnknown);
    return ranges;
  }

 private:
  static void extend(Ranges& ranges, std::uint32_t from, Verdict verdict) {
    if (ranges.rbegin()->second != verdict) ranges[from] = verdict;
  }

  const Architecture& architecture_;
  std::map<std::uint32_t, Verdict> verdicts_;
};

Ranges ranges_of(const Architecture& architecture) {
  VerdictTable table(architecture);
  for (const char* name : kAllowed) table.set(name, Verdict::kAllow);
  for (const char* name : architecture.extra) table.set(name, Verdict::kAllow);
  for (const NumberedCall& call : kAllowedNewer) table.set(call.number, Verdict::kAllow);
  table.set("socket", Verdict::kSocket);
  table.set("personality", Verdict::kPersonality);
  table.set("clone", Verdict::kClone);
  table.set("mknod", Verdict::kMknod);
  table.set("mknodat", Verdict::kMknodAt);
  // clone3 has its flags in memory, where a filter cannot look. With ENOSYS the C library falls
  // back to clone.
  table.set("clone3", Verdict::kUnknown);
  return table.ranges();
}

// --- code ---

void load(Code& code, std::size_t offset) {
  code.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
}

void give(Code& code, std::uint32_t answer) {
  code.push_back(BPF_STMT(BPF_RET | BPF_K, answer));
}

// All arguments we look at are ints or flags below bit 32, and the kernel ignores the upper half.
// So must we, or a caller could hide AF_VSOCK behind a bit there.
void load_argument(Code& code, int index) {
  static_assert(__BYTE_ORDER == __LITTLE_ENDIAN, "the lower half of an argument comes first");
  load(code, offsetof(seccomp_data, args) + static_cast<std::size_t>(index) * 8);
}

// Returns `answer` if the loaded word compares as `jump` says; otherwise continues.
void give_if(Code& code, std::uint16_t jump, std::uint32_t value, std::uint32_t answer) {
  code.push_back(BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | jump | BPF_K), value, 0, 1));
  give(code, answer);
}

// A device has the bit of S_IFCHR in its type and none of S_IFREG and S_IFIFO (inode(7)). The
// device 0:0 is overlayfs's whiteout, which everybody may make.
void tell_of_devices(Code& code, int mode) {
  static_assert((S_IFCHR & S_IFBLK) == S_IFCHR && (S_IFBLK & (S_IFREG | S_IFIFO)) == 0);
  load_argument(code, mode + 1);
  give_if(code, BPF_JEQ, 0, SECCOMP_RET_ALLOW);
  load_argument(code, mode);
  give_if(code, BPF_JSET, S_IFREG | S_IFIFO, SECCOMP_RET_ALLOW);
  give_if(code, BPF_JSET, S_IFCHR, SECCOMP_RET_USER_NOTIF);
  give(code, SECCOMP_RET_ALLOW);
}

void emit(Code& code, Verdict verdict) {
  switch (verdict) {
    case Verdict::kDeny: return give(code, kDeny);
    case Verdict::kAllow: return give(code, SECCOMP_RET_ALLOW);
    case Verdict::kUnknown: return give(code, kUnknown);
    case Verdict::kSocket:  // all families except the kernel's crypto and hypervisor sockets
      load_argument(code, 0);
      give_if(code, BPF_JEQ, AF_ALG, kDeny);
      give_if(code, BPF_JEQ, AF_VSOCK, kDeny);
      return give(code, SECCOMP_RET_ALLOW);
    case Verdict::kPersonality:
      load_argument(code, 0);
      for (std::uint32_t value : kPersonalities) give_if(code, BPF_JEQ, value, SECCOMP_RET_ALLOW);
      return give(code, kDeny);
    case Verdict::kMknod: return tell_of_devices(code, 1);
    case Verdict::kMknodAt: return tell_of_devices(code, 2);
    case Verdict::kClone:  // processes and threads, but no namespaces
      load_argument(code, 0);
      give_if(code, BPF_JSET, kNewNamespaces, kDeny);
      return give(code, SECCOMP_RET_ALLOW);
  }
}

// Skips `distance` instructions unless the loaded word compares. A conditional jump reaches 255
// instructions, so longer ones need an unconditional jump.
void skip_unless(Code& code, std::uint16_t jump, std::uint32_t value, std::size_t distance) {
  auto instruction = static_cast<std::uint16_t>(BPF_JMP | jump | BPF_K);
  if (distance <= 255) {
    code.push_back(BPF_JUMP(instruction, value, 0, static_cast<std::uint8_t>(distance)));
    return;
  }
  code.push_back(BPF_JUMP(instruction, value, 1, 0));
  code.push_back(BPF_STMT(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(distance)));
}

// The call number is the loaded word. The upper half of the ranges comes first, then the lower.
using Range = std::pair<std::uint32_t, Verdict>;
Code search(std::span<const Range> ranges) {
  Code code;
  if (ranges.size() == 1) {
    emit(code, ranges[0].second);
    return code;
  }
  std::size_t middle = ranges.size() / 2;
  Code upper = search(ranges.subspan(middle)), lower = search(ranges.first(middle));
  skip_unless(code, BPF_JGE, ranges[middle].first, upper.size());
  code.insert(code.end(), upper.begin(), upper.end());
  code.insert(code.end(), lower.begin(), lower.end());
  return code;
}

}  // namespace

SeccompFilter compile_default_filter() {
  Code program;
  load(program, offsetof(seccomp_data, arch));
  for (const Architecture& architecture : architectures()) {
    Ranges ranges = ranges_of(architecture);
    Code body;
    load(body, offsetof(seccomp_data, nr));
    Code tree = search(std::vector<Range>(ranges.begin(), ranges.end()));
    body.insert(body.end(), tree.begin(), tree.end());
    skip_unless(program, BPF_JEQ, architecture.audit, body.size());
    program.insert(program.end(), body.begin(), body.end());
  }
  give(program, SECCOMP_RET_KILL_PROCESS);  // an unknown calling convention
  Code silent = program;
  for (sock_filter& instruction : silent) {
    bool tells = instruction.code == (BPF_RET | BPF_K) && instruction.k == SECCOMP_RET_USER_NOTIF;
    if (tells) instruction.k = SECCOMP_RET_ALLOW;
  }
  return {.program = std::move(program), .silent = std::move(silent)};
}

sys::Fd install(const SeccompFilter& filter) {
  auto try_install = [](const Code& code, unsigned flags) {
    sock_fprog program{.len = static_cast<unsigned short>(code.size()),
                       .filter = const_cast<sock_filter*>(code.data())};
    return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
  };
  // One task has one listener at most, so below a container's own listener this fails.
  int listener = try_install(filter.program, SECCOMP_FILTER_FLAG_NEW_LISTENER);
  if (listener >= 0) return sys::Fd(listener);
  if (try_install(filter.silent, 0) < 0) {
    throw Error::from_errno(errno, "install the seccomp filter");
  }
  return {};
}

}  // namespace cairn::sandbox
