// SPDX-License-Identifier: Apache-2.0
//
// A doctest main for tests that mount or own files as root: it enters a mount namespace of its own
// first, and a user namespace in which it is root unless it is root already. CAIRN_TEST_USERNS=1
// asks for the latter in any case. Where the host does not allow that the program exits 77:
// skipped.
//
// Unless TMPDIR names a place, /tmp is then a tmpfs of our own: quick, and gone with the process.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "base/sys/fd.h"
#include "base/sys/mount.h"
#include "base/sys/xattr.h"

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

namespace {

void put(const char* path, const std::string& text) {
  cairn::sys::write_all(cairn::sys::open_path(path, O_WRONLY), text);
}

void enter_namespaces() {
  uid_t uid = ::getuid();
  gid_t gid = ::getgid();
  bool new_user = uid != 0 || std::getenv("CAIRN_TEST_USERNS") != nullptr;
  if (::unshare(CLONE_NEWNS | (new_user ? CLONE_NEWUSER : 0)) < 0) {
    throw cairn::Error::from_errno(errno, "unshare");
  }
  if (new_user) {
    put("/proc/self/setgroups", "deny");
    put("/proc/self/uid_map", fmt::format("0 {} 1\n", uid));
    put("/proc/self/gid_map", fmt::format("0 {} 1\n", gid));
  }
  cairn::sys::set_propagation("/", MS_PRIVATE);
}

void use_private_tmp() {
  if (std::getenv("TMPDIR") != nullptr) return;
  cairn::sys::mount_at("tmpfs", "/tmp", "tmpfs", 0, "mode=1777");
  cairn::sys::Fd tmp = cairn::sys::open_path("/tmp", O_RDONLY | O_DIRECTORY);
  // tmpfs has user attributes since Linux 6.6; without them the disk must do.
  if (!cairn::sys::try_set_xattr(tmp, "user.probe", "y")) cairn::sys::detach("/tmp");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    enter_namespaces();
    use_private_tmp();
  } catch (const cairn::Error& error) {
    std::fprintf(stderr, "skipped: no namespaces of our own here: %s\n", error.what());
    return 77;
  }
  return doctest::Context(argc, argv).run();
}
