// SPDX-License-Identifier: Apache-2.0
#include "solver/workspace.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "base/error.h"
#include "solver/etc_files.h"
#include "tests/support/temp_tree.h"

using namespace cairn;
using namespace cairn::solver;
using cairn::test::TempTree;

namespace {

struct Place {
  TempTree dir;
  store::Store store = store::Store::open(dir.root());

  // A committed snapshot with one more file.
  std::string layer(const std::string& parent, const std::string& file, std::string_view text) {
    Workspace workspace(store, parent);
    put(workspace.root(), file, text);
    return workspace.commit();
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

std::string shown(const sys::Fd& file) {
  return sys::read_all(sys::reopen(file, O_RDONLY));
}

}  // namespace

TEST_CASE("what was committed is seen by all who look at the snapshot, and nothing else changes") {
  Place p;
  std::string bottom = p.layer("", "f", "old");
  std::string top = p.layer(bottom, "f", "new");
  CHECK(p.text(View(p.store, top).root(), "f") == "new");
  CHECK(p.text(View(p.store, bottom).root(), "f") == "old");
  CHECK(p.store.snapshots().find(top)->parent == bottom);
  CHECK(p.store.snapshots().stack_paths(top).size() == 2);
  CHECK(p.left_in_tmp() == 0);
}

TEST_CASE("a workspace that is not committed leaves no snapshot and no files") {
  Place p;
  std::string bottom = p.layer("", "f", "old");
  {
    Workspace workspace(p.store, bottom);
    p.put(workspace.root(), "f", "new");
    CHECK(p.text(workspace.root(), "f") == "new");
  }
  CHECK(p.store.snapshots().list().size() == 1);
  CHECK(p.left_in_tmp() == 0);
  CHECK(p.text(View(p.store, bottom).root(), "f") == "old");
}

TEST_CASE("what is deleted above is still there below") {
  Place p;
  std::string bottom = p.layer("", "f", "x");
  Workspace workspace(p.store, bottom);
  sys::unlink_at(workspace.root().fd(), "f");
  std::string top = workspace.commit();
  CHECK(p.text(View(p.store, top).root(), "f") == "(none)");
  CHECK(p.text(View(p.store, bottom).root(), "f") == "x");
}

TEST_CASE("a view cannot be written to, and that of nothing is empty") {
  Place p;
  std::string snapshot = p.layer("", "f", "x");
  for (const std::string& id : {snapshot, std::string()}) {
    View view(p.store, id);
    try {
      view.root().open_in("new", O_WRONLY | O_CREAT, sys::Follow::kNo, 0644);
      FAIL("written");
    } catch (const Error& error) {
      CHECK(error.code() == EROFS);
    }
  }
  {
    View nothing(p.store, "");
    CHECK(sys::list_dir(nothing.root().fd()).empty());
  }
  CHECK(p.left_in_tmp() == 0);
}

TEST_CASE("the root directory keeps the mode that its parent gave it") {
  Place p;
  Workspace bottom(p.store, "");
  sys::chmod_fd(bottom.root().fd(), 0711);
  std::string top = p.layer(bottom.commit(), "f", "x");
  CHECK((sys::stat_of(View(p.store, top).root().fd()).st_mode & 07777) == 0711);
}

TEST_CASE("a mount that was given away keeps working while the workspace lives") {
  Place p;
  Workspace workspace(p.store, p.layer("", "below", "x"));
  {
    sys::MountTree tree = workspace.release_tree();
    sys::RootDir root(sys::reopen(tree.fd(), O_RDONLY | O_DIRECTORY));
    CHECK(p.text(root, "below") == "x");
    p.put(root, "above", "y");
  }
  CHECK(sys::find_stat_at(workspace.open_upper(), "above"));
  CHECK(!sys::find_stat_at(workspace.open_upper(), "below"));
  CHECK(p.text(View(p.store, workspace.commit()).root(), "above") == "y");
}

// C08, C10, C11
TEST_CASE("what is copied to a bare layer is merged with the parent, and seen by the next source") {
  Place p;
  TempTree files;
  files.file("src/nested/new", "n");
  files.dir("src/nested", 0700);
  files.file("src/over", "new");
  files.file("more/over", "newest");
  std::string parent;
  {
    Workspace below(p.store, "");
    sys::Fd nested = below.root().make_dirs("/real/nested", 0755);
    sys::set_xattr(nested, "user.note", "kept");
    p.put(below.root(), "/real/nested/old", "o");
    p.put(below.root(), "/real/over", "old");
    sys::symlink_at("real", below.root().fd(), "link");
    parent = below.commit();
  }
  Workspace workspace(p.store, parent);
  sys::RootDir from = sys::RootDir::open(files.root());
  overlay::CopyOptions options;
  options.lay_bare = [&](const std::string& dir) { return workspace.lay_bare(dir); };
  for (const char* source : {"/src", "/more"}) {
    overlay::TreeCopier(from, workspace.root(), options).copy(source, "/link/");
  }
  View view(p.store, workspace.commit());
  CHECK(p.text(view.root(), "/real/nested/new") == "n");
  CHECK(p.text(view.root(), "/real/nested/old") == "o");
  CHECK(p.text(view.root(), "/real/over") == "newest");
  sys::Fd nested = view.root().open_in("/real/nested", O_RDONLY);
  CHECK((sys::stat_of(nested).st_mode & 07777) == 0700);
  CHECK(sys::find_xattr(nested, "user.note") == "kept");
}

TEST_CASE("the hosts file of a step has the extra hosts last, one file for equal ones") {
  TempTree tmp;
  EtcFiles etc(tmp.root());
  sys::Fd plain = etc.open_hosts("box", {}), again = etc.open_hosts("box", {});
  sys::Fd extra = etc.open_hosts("box", {{"db", "10.0.0.1"}, {"v6", "::2"}});
  CHECK(shown(plain).find("127.0.0.1\tlocalhost") == 0);
  CHECK(shown(extra) == shown(plain) + "10.0.0.1\tdb\n::2\tv6\n");
  CHECK(sys::stat_of(plain).st_ino == sys::stat_of(again).st_ino);
  CHECK(sys::stat_of(plain).st_ino != sys::stat_of(extra).st_ino);
  CHECK((sys::stat_of(extra).st_mode & 07777) == 0644);
}

TEST_CASE("a step's resolver configuration is the host's, in a file of our own") {
  TempTree tmp;
  {
    EtcFiles etc(tmp.root());
    sys::Fd file = etc.open_resolv_conf();
    CHECK(shown(file) == sys::find_file("/etc/resolv.conf").value_or(""));
    CHECK(sys::list_dir(tmp.fd()).size() == 1);
  }
  CHECK(sys::list_dir(tmp.fd()).empty());
}
