// SPDX-License-Identifier: Apache-2.0
#include "base/sys/root_dir.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "tests/support/temp_tree.h"

using namespace cairn;
using cairn::test::TempTree;
using sys::Follow;
using sys::RootDir;

namespace {

// A tree with every way out of it that a path can try.
struct Prison {
  Prison() : root(fill(tree)) {}
  static RootDir fill(TempTree& tree) {
    tree.file("secret", "outside");
    tree.file("root/etc/passwd", "inside");
    tree.symlink("root/up", "../secret");
    tree.symlink("root/absolute", "/etc/passwd");
    tree.symlink("root/far", "../../../../etc/passwd");
    tree.symlink("root/dir", "etc");
    tree.symlink("root/loop", "loop");
    tree.symlink("root/chain", "/dir/../dir/passwd");
    tree.symlink("root/nowhere", "gone");
    return RootDir::open(tree.at("root"));
  }
  TempTree tree;
  RootDir root;
};

}  // namespace

TEST_CASE("links resolve inside the root and .. stops at it") {
  Prison p;
  for (const char* path : {"etc/passwd", "/etc/passwd", "../../etc/passwd", "absolute", "far",
                           "dir/passwd", "chain", "dir/../absolute"}) {
    CAPTURE(path);
    CHECK(sys::read_all(p.root.open_in(path, O_RDONLY)) == "inside");
  }
  CHECK(!p.root.find_in("up", O_RDONLY));
  CHECK(!p.root.find_in("../secret", O_RDONLY));
}

TEST_CASE("the resolver for old kernels answers like openat2") {
  Prison p;
  for (const char* path :
       {"etc/passwd", "absolute", "far", "dir/passwd", "chain", "up", "loop", "nowhere",
        "etc/passwd/", "dir/", "", ".", "..", "absolute/x", "gone/x"}) {
    for (Follow follow : {Follow::kYes, Follow::kNo}) {
      CAPTURE(path);
      int fd = p.root.open_by_components(path, O_PATH, follow, 0);
      int code = fd < 0 ? errno : 0;
      std::optional<struct stat> ours;
      if (fd >= 0) ours = sys::stat_of(sys::Fd(fd));
      std::optional<struct stat> kernel;
      try {
        kernel = p.root.find_stat(path, follow);
      } catch (const Error& error) {
        CHECK(error.code() == code);
      }
      REQUIRE(ours.has_value() == kernel.has_value());
      if (ours) CHECK(ours->st_ino == kernel->st_ino);
    }
  }
}

TEST_CASE("directories are made through links that stay inside") {
  Prison p;
  int made = 0;
  sys::Fd dir = p.root.make_dirs("dir/new/deep", 0711, [&](const sys::Fd&) { ++made; });
  CHECK(made == 2);
  CHECK((p.tree.stat("root/etc/new/deep").st_mode & 07777) == 0711);
  CHECK(sys::stat_of(dir).st_ino == p.tree.stat("root/etc/new/deep").st_ino);
  p.root.make_dirs("dir/new/deep", 0700, [&](const sys::Fd&) { ++made; });
  CHECK(made == 2);
}

TEST_CASE("a link that leads nowhere yet is given its target, inside") {
  Prison p;
  p.tree.symlink("root/soon", "../../later/here");
  p.root.make_dirs("soon/below", 0755);
  CHECK(p.tree.has("root/later/here/below"));
}

TEST_CASE("a parent is found with every link before the last name followed") {
  Prison p;
  RootDir::Parent parent = p.root.open_parent("dir/absolute");
  CHECK(parent.name == "absolute");
  CHECK(sys::stat_of(parent.dir).st_ino == p.tree.stat("root/etc").st_ino);
  CHECK(p.root.open_parent("/").name == ".");
  CHECK(p.root.open_parent("dir/..").name == ".");
  CHECK(!p.root.find_parent("gone/x"));
}

TEST_CASE("the real path of a link is told from inside") {
  Prison p;
  CHECK(p.root.find_real_path("chain") == "/etc/passwd");
  CHECK(p.root.find_real_path("/") == "/");
  CHECK(!p.root.find_real_path("nowhere"));
}

TEST_CASE("magic links are no way out") {
  RootDir proc = RootDir::open("/proc/self");
  sys::Fd here = sys::open_path("/", O_PATH);
  CHECK_THROWS_AS(proc.open_in(fmt::format("fd/{}/etc", here.get()), O_PATH), Error);
}

TEST_CASE("a tree of any depth is removed, links are not followed") {
  TempTree tree;
  tree.file("outside/kept");
  sys::Fd at = sys::open_path(tree.root(), O_RDONLY | O_DIRECTORY);
  sys::make_dir_at(at, "deep", 0755);
  sys::symlink_at("../outside", at, "deep/link");
  sys::Fd dir = sys::open_at(at, "deep", O_RDONLY | O_DIRECTORY);
  for (int i = 0; i < 300; ++i) {
    sys::make_dir_at(dir, "a-directory-with-a-name-of-some-length", i % 7 == 0 ? 0500 : 0755);
    dir = sys::open_at(dir, "a-directory-with-a-name-of-some-length", O_RDONLY | O_DIRECTORY);
    if (i % 7 == 0) sys::chmod_fd(dir, 0755);
  }
  sys::remove_tree(tree.at("deep"));
  CHECK(!tree.has("deep"));
  CHECK(tree.has("outside/kept"));
}
