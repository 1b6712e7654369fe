// SPDX-License-Identifier: Apache-2.0
#include "base/sys/disk.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/sys/file.h"

using namespace cairn;

namespace {

std::int64_t usage(const std::string& path) {
  return sys::disk_usage(sys::open_path(path, O_RDONLY | O_DIRECTORY));
}

void write(const std::string& path, std::size_t bytes) {
  sys::replace_file(path, std::string(bytes, 'x'));
}

}  // namespace

TEST_CASE("a disk has some room, and no more than there is of it") {
  sys::DiskSpace space = sys::disk_space("/tmp");
  CHECK(space.total > 0);
  CHECK(space.available >= 0);
  CHECK(space.available <= space.free);
  CHECK(space.free <= space.total);
}

TEST_CASE("trees that share files by hard link take as much as one of them and its directories") {
  sys::TempDir dir("/tmp");
  sys::make_dirs(dir.path() + "/a/deep/er", 0755);
  sys::make_dirs(dir.path() + "/b", 0755);
  std::int64_t bare = usage(dir.path() + "/b");
  write(dir.path() + "/a/deep/er/file", 1 << 20);
  write(dir.path() + "/a/deep/small", 100);
  std::int64_t alone = usage(dir.path() + "/a");
  CHECK(alone >= 1 << 20);
  REQUIRE(::link((dir.path() + "/a/deep/er/file").c_str(), (dir.path() + "/b/file").c_str()) == 0);
  CHECK(usage(dir.path() + "/b") >= 1 << 19);
  CHECK(usage(dir.path() + "/a") + usage(dir.path() + "/b") == alone + bare);
  // Two names in one tree are one file.
  REQUIRE(::link((dir.path() + "/a/deep/er/file").c_str(), (dir.path() + "/a/again").c_str()) == 0);
  CHECK(usage(dir.path() + "/a") + usage(dir.path() + "/b") <= alone + bare);
  CHECK(usage(dir.path() + "/a") + usage(dir.path() + "/b") >= alone + bare - 3);
}

TEST_CASE("a symlink leads nowhere, and a tree is counted to its bottom") {
  sys::TempDir dir("/tmp");
  std::string deep = dir.path();
  for (int i = 0; i < 300; ++i) deep += "/d";
  sys::make_dirs(deep, 0755);
  write(deep + "/file", 1 << 20);
  REQUIRE(::symlink("/usr", (dir.path() + "/link").c_str()) == 0);
  CHECK(usage(dir.path()) >= 1 << 20);
  CHECK(usage(dir.path()) < 8 << 20);
}
