// SPDX-License-Identifier: Apache-2.0
//
// What a build does with this room, on the real overlayfs: change a mounted root, take the upper as
// a layer, and find the same tree where that layer is unpacked elsewhere.
#include <doctest/doctest.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <random>

#include "base/error.h"
#include "overlay/diff.h"
#include "overlay/layer_writer.h"
#include "overlay/mount.h"
#include "overlay/unpack.h"
#include "support/string_sink.h"
#include "support/temp_tree.h"
#include "unit/overlay/probe.h"

using namespace cairn;
using namespace cairn::overlay;
using test::StringSink;
using test::TempTree;

namespace {

// The merged tree as bytes. Times are clamped away: a directory's moves when a file in it comes and
// goes again, which is no change to a layer.
std::string merged(const LayerStack& stack) {
  StringSink sink;
  sys::MountTree tree = mount_overlay(stack, std::nullopt, Durability::kVolatile);
  write_tree(tree.fd(), {.clamp_mtime = Clamp::at(0)}, sink);
  return std::move(sink.text);
}

// Some hundred random deeds below `root`; what the kernel refuses is simply not done.
void misbehave(const sys::Fd& root, unsigned seed) {
  std::mt19937 random(seed);
  auto name = [&] {
    std::string path(1, static_cast<char>('a' + random() % 4));
    while (random() % 3 != 0) path += std::string("/") + static_cast<char>('a' + random() % 4);
    return path;
  };
  int at = root.get();
  for (int i = 0; i < 150; ++i) {
    std::string one = name(), two = name();
    const char* a = one.c_str();
    const char* b = two.c_str();
    int result = 0;
    switch (random() % 12) {
      case 0: try { sys::remove_tree_at(root, a);
        } catch (const Error&) {  // symlinks in a circle
        }
        break;
      case 1: result = ::unlinkat(at, a, 0); break;
      case 2: result = ::linkat(at, a, at, b, 0); break;
      case 3: result = ::renameat(at, a, at, b); break;
      case 4: result = ::symlinkat(b, at, a); break;
      case 5: result = ::mknodat(at, a, S_IFIFO | 0600, 0); break;
      case 6: result = ::fchmodat(at, a, random() % 2 == 0 ? 0700 : 0755, 0); break;
      case 7:
      case 8:
      case 9: result = ::mkdirat(at, a, 0755); break;
      default: {
        int fd = ::openat(at, a, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0644);
        sys::Fd file(fd);
        if (file && S_ISREG(sys::stat_of(file).st_mode)) sys::write_all(file, two);
      }
    }
    static_cast<void>(result);
  }
}

}  // namespace

TEST_CASE("a step's layer gives the same tree wherever it is unpacked") {
  if (std::optional<Error> error = probe_overlay(test::temp_parent())) {
    MESSAGE("skipped, no overlay here: " << error->message());
    return;
  }
  for (unsigned seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    TempTree work;
    LayerStack here, there;
    for (unsigned step = 0; step < 3; ++step) {
      CAPTURE(step);
      std::string fs = work.at("here/" + std::to_string(step));
      std::string copy = work.at("there/" + std::to_string(step));
      std::string scratch = work.at("work/" + std::to_string(step));
      for (const std::string& dir : {fs, copy, scratch}) sys::make_dirs(dir, 0755);
      {
        sys::MountTree tree =
            mount_overlay(here, Upper{.upperdir = fs, .workdir = scratch}, Durability::kVolatile);
        misbehave(sys::open_at(tree.fd(), ".", O_RDONLY | O_DIRECTORY), seed * 100 + step);
      }
      StringSink tar;
      write_layer({{fs}}, here, {}, tar);
      MemorySource source(tar.text);
      UnpackResult unpacked = unpack_layer(source, copy);
      merge_parent_metadata(copy, unpacked, there);
      here.lowers.push_back(fs);
      there.lowers.push_back(copy);
      CHECK(merged(here) == merged(there));
    }
  }
}

// --squash, --squash-all: the steps above any of the layers as one layer.
TEST_CASE("several steps as one layer give the tree that they give one by one") {
  if (std::optional<Error> error = probe_overlay(test::temp_parent())) {
    MESSAGE("skipped, no overlay here: " << error->message());
    return;
  }
  for (unsigned seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    TempTree work;
    LayerStack all;
    for (unsigned step = 0; step < 5; ++step) {
      std::string fs = work.at("fs/" + std::to_string(step));
      std::string scratch = work.at("work/" + std::to_string(step));
      for (const std::string& dir : {fs, scratch}) sys::make_dirs(dir, 0755);
      {
        sys::MountTree tree =
            mount_overlay(all, Upper{.upperdir = fs, .workdir = scratch}, Durability::kVolatile);
        misbehave(sys::open_at(tree.fd(), ".", O_RDONLY | O_DIRECTORY), seed * 1000 + step);
      }
      all.lowers.push_back(fs);
    }
    for (std::size_t base = 0; base < all.lowers.size(); ++base) {
      CAPTURE(base);
      auto split = all.lowers.begin() + static_cast<std::ptrdiff_t>(base);
      LayerStack below{.lowers = {all.lowers.begin(), split}};
      StringSink tar;
      write_layer({.lowers = {split, all.lowers.end()}}, below, {}, tar);
      std::string copy = work.at("copy/" + std::to_string(base));
      sys::make_dirs(copy, 0755);
      MemorySource source(tar.text);
      merge_parent_metadata(copy, unpack_layer(source, copy), below);
      below.lowers.push_back(copy);
      CHECK(merged(below) == merged(all));
    }
  }
}

TEST_CASE("a step that changes nothing gives an empty layer") {
  if (probe_overlay(test::temp_parent())) return;
  TempTree lower, work;
  lower.file("etc/passwd", "root");
  work.dir("upper");
  work.dir("work");
  LayerStack below{.lowers = {lower.root()}};
  {
    sys::MountTree tree =
        mount_overlay(below, Upper{.upperdir = work.at("upper"), .workdir = work.at("work")},
                      Durability::kVolatile);
    // A touched but unchanged file, and one that came and went.
    sys::chmod_at(tree.fd(), "etc/passwd", 0644);
    sys::open_at(tree.fd(), "etc/new", O_WRONLY | O_CREAT, 0644);
    sys::unlink_at(tree.fd(), "etc/new");
  }
  CHECK(diff({{work.at("upper")}}, below).empty());
}
