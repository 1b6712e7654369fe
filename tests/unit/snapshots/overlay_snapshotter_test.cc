// SPDX-License-Identifier: Apache-2.0
#include "snapshots/overlay_snapshotter.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "tests/support/temp_tree.h"

using namespace cairn;
using namespace cairn::snapshots;
using cairn::test::TempTree;

namespace {

struct Place {
  TempTree dir;
  store::Store store = store::Store::open(dir.root());
  OverlaySnapshotter snapshotter{store};

  // A committed snapshot with one more file.
  SnapshotId layer(const SnapshotId& parent, const std::string& file, std::string_view text) {
    auto active = snapshotter.prepare(parent);
    put(active->root(), file, text);
    return active->commit();
  }
  static void put(const sys::RootDir& root, const std::string& path, std::string_view text) {
    sys::write_all(root.open_in(path, O_WRONLY | O_CREAT | O_TRUNC, sys::Follow::kNo, 0644), text);
  }
  static std::string text(const sys::RootDir& root, const std::string& path) {
    std::optional<sys::Fd> file = root.find_in(path, O_RDONLY);
    return file ? sys::read_all(*file) : "(none)";
  }
  std::size_t left_in_tmp() const {
    return sys::list_dir(sys::open_path(store.tmp_dir(), O_RDONLY | O_DIRECTORY)).size();
  }
};

}  // namespace

TEST_CASE("what was committed is seen by all who look at the snapshot, and nothing else changes") {
  Place p;
  SnapshotId bottom = p.layer(SnapshotId::empty_root(), "f", "old");
  SnapshotId top = p.layer(bottom, "f", "new");
  CHECK(p.text(p.snapshotter.view(top)->root(), "f") == "new");
  CHECK(p.text(p.snapshotter.view(bottom)->root(), "f") == "old");
  CHECK(p.store.snapshots().find(top)->parent == bottom);
  CHECK(p.store.snapshots().stack_paths(top).size() == 2);
  CHECK(p.left_in_tmp() == 0);
}

TEST_CASE("an active snapshot that is not committed leaves no snapshot and no files") {
  Place p;
  SnapshotId bottom = p.layer(SnapshotId::empty_root(), "f", "old");
  {
    auto active = p.snapshotter.prepare(bottom);
    p.put(active->root(), "f", "new");
    CHECK(p.text(active->root(), "f") == "new");
  }
  CHECK(p.store.snapshots().list().size() == 1);
  CHECK(p.left_in_tmp() == 0);
  CHECK(p.text(p.snapshotter.view(bottom)->root(), "f") == "old");
}

TEST_CASE("what is deleted above is still there below") {
  Place p;
  SnapshotId bottom = p.layer(SnapshotId::empty_root(), "f", "x");
  auto active = p.snapshotter.prepare(bottom);
  sys::unlink_at(active->root().fd(), "f");
  SnapshotId top = active->commit();
  CHECK(p.text(p.snapshotter.view(top)->root(), "f") == "(none)");
  CHECK(p.text(p.snapshotter.view(bottom)->root(), "f") == "x");
}

TEST_CASE("a view cannot be written to, and that of nothing is empty") {
  Place p;
  SnapshotId snapshot = p.layer(SnapshotId::empty_root(), "f", "x");
  for (const SnapshotId& id : {snapshot, SnapshotId::empty_root()}) {
    auto view = p.snapshotter.view(id);
    try {
      view->root().open_in("new", O_WRONLY | O_CREAT, sys::Follow::kNo, 0644);
      FAIL("written");
    } catch (const Error& error) {
      CHECK(error.code() == EROFS);
    }
  }
  {
    auto nothing = p.snapshotter.view(SnapshotId::empty_root());
    CHECK(sys::list_dir(nothing->root().fd()).empty());
  }
  CHECK(p.left_in_tmp() == 0);
}

TEST_CASE("the root directory keeps the mode that its parent gave it") {
  Place p;
  auto bottom = p.snapshotter.prepare(SnapshotId::empty_root());
  sys::chmod_fd(bottom->root().fd(), 0711);
  SnapshotId top = p.layer(bottom->commit(), "f", "x");
  CHECK((sys::stat_of(p.snapshotter.view(top)->root().fd()).st_mode & 07777) == 0711);
}

TEST_CASE("a mount that was given away keeps working while the active snapshot lives") {
  Place p;
  auto active = p.snapshotter.prepare(p.layer(SnapshotId::empty_root(), "below", "x"));
  {
    sys::MountTree tree = active->release_tree();
    sys::RootDir root(sys::reopen(tree.fd(), O_RDONLY | O_DIRECTORY));
    CHECK(p.text(root, "below") == "x");
    p.put(root, "above", "y");
  }
  CHECK(sys::find_stat_at(active->open_upper(), "above"));
  CHECK(!sys::find_stat_at(active->open_upper(), "below"));
  CHECK(p.text(p.snapshotter.view(active->commit())->root(), "above") == "y");
}

// C08, C10, C11
TEST_CASE("what is copied to a bare layer is merged with the parent, and seen by the next source") {
  Place p;
  TempTree files;
  files.file("src/nested/new", "n");
  files.dir("src/nested", 0700);
  files.file("src/over", "new");
  files.file("more/over", "newest");
  SnapshotId parent = SnapshotId::empty_root();
  {
    auto below = p.snapshotter.prepare(SnapshotId::empty_root());
    sys::Fd nested = below->root().make_dirs("/real/nested", 0755);
    sys::set_xattr(nested, "user.note", "kept");
    p.put(below->root(), "/real/nested/old", "o");
    p.put(below->root(), "/real/over", "old");
    sys::symlink_at("real", below->root().fd(), "link");
    parent = below->commit();
  }
  auto active = p.snapshotter.prepare(parent);
  sys::RootDir from = sys::RootDir::open(files.root());
  overlay::CopyOptions options;
  options.bypass_mount = [&](const std::string& dir) { return active->bypass_mount(dir); };
  for (const char* source : {"/src", "/more"}) {
    overlay::TreeCopier(from, active->root(), options).copy(source, "/link/");
  }
  auto view = p.snapshotter.view(active->commit());
  CHECK(p.text(view->root(), "/real/nested/new") == "n");
  CHECK(p.text(view->root(), "/real/nested/old") == "o");
  CHECK(p.text(view->root(), "/real/over") == "newest");
  sys::Fd nested = view->root().open_in("/real/nested", O_RDONLY);
  CHECK((sys::stat_of(nested).st_mode & 07777) == 0700);
  CHECK(sys::find_xattr(nested, "user.note") == "kept");
}
