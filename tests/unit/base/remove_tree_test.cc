// SPDX-License-Identifier: Apache-2.0
//
// Trees with a file that the kernel does not let anybody remove. Mounts, so it runs in namespaces.
#include "base/sys/remove_tree.h"

#include <doctest/doctest.h>
#include <sys/mount.h>

#include "base/error.h"
#include "tests/support/temp_tree.h"

using namespace cairn;

// A mount point stands for all that the kernel lets nobody remove.
TEST_CASE("a file that cannot be removed is an error, and is not looked for without end") {
  test::TempTree tree;
  tree.file("dir/busy");
  tree.file("dir/gone");
  std::string busy = tree.at("dir/busy");
  REQUIRE(::mount(busy.c_str(), busy.c_str(), nullptr, MS_BIND, nullptr) == 0);
  int code = 0;
  try {
    sys::remove_tree_at(tree.fd(), "dir");
  } catch (const Error& error) {
    code = error.code();
  }
  CHECK(code == EBUSY);
  REQUIRE(::umount(busy.c_str()) == 0);
  sys::remove_tree_at(tree.fd(), "dir");
  CHECK(!tree.has("dir"));
}
