// SPDX-License-Identifier: Apache-2.0
//
// Which files of an upper directory overlayfs says it copied up, and which attributes are its own.
#include "overlay/upper_marks.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "overlay/mount.h"
#include "support/temp_tree.h"
#include "unit/overlay/probe.h"

using namespace cairn;
using namespace cairn::overlay;
using test::TempTree;

TEST_CASE("a directory that was copied up is told from one that was made") {
  if (std::optional<Error> error = probe_overlay(test::temp_parent())) {
    MESSAGE("skipped, no overlay here: " << error->message());
    return;
  }
  TempTree lower, work;
  lower.dir("etc");
  work.dir("upper");
  work.dir("work");
  sys::MountTree tree = mount_overlay(
      {.lowers = {lower.root()}}, Upper{.upperdir = work.at("upper"), .workdir = work.at("work")},
      Durability::kVolatile);
  sys::make_dir_at(tree.fd(), "etc/below", 0755);
  sys::make_dir_at(tree.fd(), "new", 0755);
  CHECK(is_copied_up(sys::open_path(work.at("upper/etc"), O_RDONLY)));
  CHECK_FALSE(is_copied_up(sys::open_path(work.at("upper/etc/below"), O_RDONLY)));
  CHECK_FALSE(is_copied_up(sys::open_path(work.at("upper/new"), O_RDONLY)));
}

TEST_CASE("the attributes of overlayfs are told from all others") {
  CHECK(is_mark("user.overlay.origin"));
  CHECK(is_mark("trusted.overlay.opaque"));
  CHECK_FALSE(is_mark("user.overlayed"));
  CHECK_FALSE(is_mark("security.capability"));
}
