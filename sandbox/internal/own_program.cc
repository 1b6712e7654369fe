// SPDX-License-Identifier: Apache-2.0
//
// First choice is a read-only clone of the mount that our file is on, which copies nothing. If the
// kernel refuses that, or our path leads to another file by now, it is a sealed copy in memory
// (memfd_create(2)). Either is executed by descriptor (execveat(2)). close_own_program() then takes
// away the right to execute it again, in the way that each of the two has.
#include "sandbox/internal/own_program.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <optional>

#include "base/attempt.h"
#include "base/error.h"
#include "base/sys/fd.h"
#include "base/sys/mount.h"

namespace cairn::sandbox {
namespace {

using sys::Fd;

constexpr const char* kOwnProgram = "/proc/self/exe";
constexpr int kProgramFd = 4;  // where the executed program finds its own file

// By path: the mount behind /proc/self/exe belongs to the namespace we were started in, and the
// kernel clones only mounts of the namespace we are in (EINVAL). nullopt when that is impossible:
// the copy is for this case.
std::optional<Fd> read_only_clone() {
  std::array<char, PATH_MAX> path{};
  struct stat own {};
  if (::readlink(kOwnProgram, path.data(), path.size() - 1) <= 0) return std::nullopt;
  if (::stat(kOwnProgram, &own) < 0) return std::nullopt;
  return if_possible([&]() -> std::optional<Fd> {
    std::optional<Fd> file = sys::find_path(path.data(), O_PATH | O_NOFOLLOW);
    if (!file) return std::nullopt;
    struct stat found = sys::stat_of(*file);
    if (found.st_dev != own.st_dev || found.st_ino != own.st_ino) return std::nullopt;
    sys::MountTree tree = sys::clone_tree(*file, "", sys::Recursive::kNo);
    sys::add_mount_attributes(tree.fd(), "",
                              MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
                              sys::Recursive::kNo);
    return tree.release();
  });
}

Fd sealed_copy() {
  Fd own = sys::open_path(kOwnProgram, O_RDONLY);
  Fd copy(::memfd_create("cairn", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!copy) throw Error::from_errno(errno, "make a copy of our program in memory");
  auto rest = static_cast<std::size_t>(sys::stat_of(own).st_size);
  while (rest > 0) {
    ssize_t count =
        sys::retry_eintr([&] { return ::sendfile(copy.get(), own.get(), nullptr, rest); });
    if (count <= 0) throw Error::from_errno(errno, "copy our program into memory");
    rest -= static_cast<std::size_t>(count);
  }
  if (::fcntl(copy.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) <
      0) {
    throw Error::from_errno(errno, "seal the copy of our program");
  }
  // A file that is open for writing cannot be executed (ETXTBSY).
  return sys::reopen(copy, O_RDONLY);
}

// Returns only if the kernel refuses.
void execute(const Fd& file, char* const* argv) {
  int moved =
      file.get() == kProgramFd ? ::fcntl(kProgramFd, F_SETFD, 0) : ::dup2(file.get(), kProgramFd);
  if (moved < 0) throw Error::from_errno(errno, "keep a descriptor");
  ::syscall(SYS_execveat, kProgramFd, "", argv, environ, AT_EMPTY_PATH);
}

}  // namespace

void execute_own_program(const std::vector<std::string>& argv) {
  ErrorContext while_here([] { return std::string("executing our own program again"); });
  std::vector<char*> args;
  for (const std::string& arg : argv) args.push_back(const_cast<char*>(arg.c_str()));
  args.push_back(nullptr);
  if (std::optional<Fd> clone = read_only_clone()) execute(*clone, args.data());
  execute(sealed_copy(), args.data());
  throw Error::from_errno(errno, "execute a copy of our program");
}

void close_own_program() {
  Fd file(kProgramFd);
  // Only a copy in memory can be sealed. Without an x bit not even root can execute it (execve(2),
  // EACCES), and nothing leads to it but our descriptor.
  if (::fcntl(file.get(), F_GET_SEALS) >= 0) {
    if (::fchmod(file.get(), 0) < 0) throw Error::from_errno(errno, "close our own program");
    return;
  }
  sys::add_mount_attributes(file, "", MOUNT_ATTR_NOEXEC, sys::Recursive::kNo);
}

}  // namespace cairn::sandbox
