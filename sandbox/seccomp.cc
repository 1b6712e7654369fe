// SPDX-License-Identifier: Apache-2.0
//
// From the table of calls to a program. libseccomp names the calls of each architecture, but does
// not write the program: its output for three architectures has 1240 instructions, and the kernel,
// which compiles a filter and tries it on every call number whenever one is installed, took 0.4 ms
// of each step for it. Calls that stand together in the kernel's table share a verdict more often
// than not, so ours is a balanced search over ranges of numbers: a few hundred instructions, and
// seven comparisons for any call.
#include "sandbox/seccomp.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/socket.h>
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

enum class Verdict { kDeny, kAllow, kUnknown, kSocket, kPersonality, kClone };

constexpr std::uint32_t kDeny = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t kUnknown = SECCOMP_RET_ERRNO | ENOSYS;
constexpr std::uint32_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                         CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;

// One calling convention of the machine: its token in seccomp_data.arch, and libseccomp's name for
// it.
struct Architecture {
  std::uint32_t audit;
  std::uint32_t libseccomp;
  std::span<const char* const> extra;  // calls that only it has
};

// The machine's own first, then its 32-bit sibling, whose programs run in containers too.
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

// Each key starts a range that goes up to the next key.
using Ranges = std::map<std::uint32_t, Verdict>;

class VerdictTable {
 public:
  explicit VerdictTable(const Architecture& architecture) : architecture_(architecture) {}

  // A call that this architecture does not have needs no verdict.
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
  // clone3 has its flags in memory, where a filter cannot look; with ENOSYS the C library falls
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

// All arguments we look at are ints or flags below bit 32, and the kernel ignores the upper half;
// so must we, or a caller could hide AF_VSOCK behind a bit there.
void load_argument(Code& code, int index) {
  static_assert(__BYTE_ORDER == __LITTLE_ENDIAN, "the lower half of an argument comes first");
  load(code, offsetof(seccomp_data, args) + static_cast<std::size_t>(index) * 8);
}

// Gives `answer` when the loaded word compares as `jump` says, else goes on.
void give_if(Code& code, std::uint16_t jump, std::uint32_t value, std::uint32_t answer) {
  code.push_back(BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | jump | BPF_K), value, 0, 1));
  give(code, answer);
}

void emit(Code& code, Verdict verdict) {
  switch (verdict) {
    case Verdict::kDeny: return give(code, kDeny);
    case Verdict::kAllow: return give(code, SECCOMP_RET_ALLOW);
    case Verdict::kUnknown: return give(code, kUnknown);
    case Verdict::kSocket:  // all families but the kernel's crypto and the way to a hypervisor
      load_argument(code, 0);
      give_if(code, BPF_JEQ, AF_ALG, kDeny);
      give_if(code, BPF_JEQ, AF_VSOCK, kDeny);
      return give(code, SECCOMP_RET_ALLOW);
    case Verdict::kPersonality:
      load_argument(code, 0);
      for (std::uint32_t value : kPersonalities) give_if(code, BPF_JEQ, value, SECCOMP_RET_ALLOW);
      return give(code, kDeny);
    case Verdict::kClone:  // processes and threads, but no namespaces
      load_argument(code, 0);
      give_if(code, BPF_JSET, kNewNamespaces, kDeny);
      return give(code, SECCOMP_RET_ALLOW);
  }
}

// Jumps over `distance` instructions unless the loaded word compares; a conditional jump reaches
// only 255 far, so a long way goes by an unconditional one.
void skip_unless(Code& code, std::uint16_t jump, std::uint32_t value, std::size_t distance) {
  auto instruction = static_cast<std::uint16_t>(BPF_JMP | jump | BPF_K);
  if (distance <= 255) {
    code.push_back(BPF_JUMP(instruction, value, 0, static_cast<std::uint8_t>(distance)));
    return;
  }
  code.push_back(BPF_JUMP(instruction, value, 1, 0));
  code.push_back(BPF_STMT(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(distance)));
}

// The loaded word is the call's number: the upper half of the ranges first, then the lower.
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
  give(program, SECCOMP_RET_KILL_PROCESS);  // a calling convention that we do not know
  return {.program = std::move(program)};
}

void install(const SeccompFilter& filter) {
  sock_fprog program{.len = static_cast<unsigned short>(filter.program.size()),
                     .filter = const_cast<sock_filter*>(filter.program.data())};
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0) {
    throw Error::from_errno(errno, "install the seccomp filter");
  }
}

}  // namespace cairn::sandbox
