// SPDX-License-Identifier: Apache-2.0
//
// A doctest main for tests that mount or own files as root: it enters a mount namespace of its own
// first, and a user namespace in which it is root unless it is root already. CAIRN_TEST_USERNS=1 asks
// for the latter in any case. Where the host does not allow that the program exits 77: skipped.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "base/sys/fd.h"
#include "base/sys/mount.h"

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

}  // namespace

int main(int argc, char** argv) {
  try {
    enter_namespaces();
  } catch (const cairn::Error& error) {
    std::fprintf(stderr, "skipped: no namespaces of our own here: %s\n", error.what());
    return 77;
  }
  return doctest::Context(argc, argv).run();
}
