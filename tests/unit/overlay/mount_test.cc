// SPDX-License-Identifier: Apache-2.0
#include "overlay/mount.h"

#include <doctest/doctest.h>

#include "overlay/diff.h"
#include "overlay/internal/mount_apis.h"
#include "support/temp_tree.h"
#include "unit/overlay/probe.h"

using namespace cairn;
using namespace cairn::overlay;
using test::TempTree;

namespace {

bool can_mount() {
  std::optional<Error> error = probe_overlay(test::temp_parent());
  if (error) MESSAGE("skipped, no overlay here: " << error->message());
  return !error;
}

std::string read_in(const sys::MountTree& tree, const char* path) {
  return sys::read_all(sys::open_at(tree.fd(), path, O_RDONLY));
}

}  // namespace

TEST_CASE("later lowers cover earlier ones, and nothing is written without an upper") {
  if (!can_mount()) return;
  TempTree bottom, top;
  bottom.file("a", "bottom");
  bottom.file("b", "bottom");
  top.file("b", "top");
  sys::MountTree tree =
      mount_overlay({.lowers = {bottom.root(), top.root()}}, std::nullopt, Durability::kVolatile);
  CHECK(read_in(tree, "a") == "bottom");
  CHECK(read_in(tree, "b") == "top");
  CHECK_THROWS_AS(sys::open_at(tree.fd(), "c", O_WRONLY | O_CREAT, 0644), Error);
}

TEST_CASE("one lower alone shows no marks and takes no writes") {
  if (!can_mount()) return;
  TempTree layer;
  layer.file("fs/d/a", "text");
  layer.opaque("fs/d");
  layer.xattr("fs/d/a", "user.overlay.overlay.opaque", "the image's own");
  sys::MountTree tree =
      mount_overlay({.lowers = {layer.at("fs")}}, std::nullopt, Durability::kSynced);
  CHECK(read_in(tree, "d/a") == "text");
  CHECK(sys::list_xattrs(sys::open_at(tree.fd(), "d", O_RDONLY)).empty());
  CHECK(sys::find_xattr(sys::open_at(tree.fd(), "d/a", O_RDONLY), "user.overlay.opaque") ==
        "the image's own");
  CHECK_THROWS_AS(sys::open_at(tree.fd(), "d/a", O_WRONLY), Error);
}

TEST_CASE("both mount interfaces give the same tree") {
  if (!can_mount()) return;
  TempTree bottom, top, work;
  bottom.file("a", "bottom");
  top.dir("odd:name,with\\marks/fs");
  top.file("odd:name,with\\marks/fs/b", "top");
  work.dir("upper");
  work.dir("work");
  internal::OverlayRequest request{
      .lowers_top_down = {top.at("odd:name,with\\marks/fs"), bottom.root()},
      .upper = Upper{.upperdir = work.at("upper"), .workdir = work.at("work")}};
  {
    sys::MountTree tree = internal::mount_by_option_string(request);
    CHECK(read_in(tree, "a") == "bottom");
    CHECK(read_in(tree, "b") == "top");
    sys::unlink_at(tree.fd(), "a");
  }
  CHECK(diff({{work.at("upper")}}, {.lowers = {bottom.root()}}).size() == 1);
  if (!internal::has_lowerdir_option()) return;
  sys::MountTree tree = internal::mount_by_fsopen(request);
  CHECK(read_in(tree, "b") == "top");
  CHECK(!sys::find_stat_at(tree.fd(), "a"));
}

TEST_CASE("an upper without lowers starts empty") {
  if (!can_mount()) return;
  TempTree work;
  work.dir("upper");
  work.dir("work");
  {
    sys::MountTree tree = mount_overlay(
        {}, Upper{.upperdir = work.at("upper"), .workdir = work.at("work")}, Durability::kVolatile);
    sys::make_dir_at(tree.fd(), "new", 0755);
  }
  CHECK(work.has("upper/new"));
}

TEST_CASE("five hundred lowers mount, one more is a limit with its reason") {
  if (!can_mount()) return;
  TempTree layers;
  LayerStack stack;
  for (std::size_t i = 0; i < kMaxLowers; ++i) {
    std::string name = "a-layer-with-a-name-as-long-as-names-are/" + std::to_string(i);
    layers.file(name + "/" + std::to_string(i), "x");
    stack.lowers.push_back(layers.at(name));
  }
  sys::MountTree tree = mount_overlay(stack, std::nullopt, Durability::kVolatile);
  CHECK(read_in(tree, "0") == "x");
  CHECK(read_in(tree, "499") == "x");
  sys::MountTree old = internal::mount_by_option_string(
      {.lowers_top_down = {stack.lowers.rbegin(), stack.lowers.rend()}, .upper = std::nullopt});
  CHECK(read_in(old, "0") == "x");
  stack.lowers.push_back(layers.root());
  try {
    mount_overlay(stack, std::nullopt, Durability::kVolatile);
    FAIL("501 lowers were accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kLimit);
    CHECK(error.message().find("501 layers") != std::string::npos);
  }
}

TEST_CASE("a probe on a place that cannot hold an upper says so") {
  CHECK(probe_overlay("/proc"));
  CHECK(probe_overlay("/no/such/place"));
}
