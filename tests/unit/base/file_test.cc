// SPDX-License-Identifier: Apache-2.0
#include "base/sys/file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/sys/process.h"
#include "base/sys/remove_tree.h"
#include "tests/support/temp_tree.h"

using namespace cairn;
using cairn::test::TempTree;
using sys::FileLock;
using sys::LockFile;

namespace {

std::size_t entries(const std::string& dir) {
  return sys::list_dir(sys::open_path(dir, O_RDONLY | O_DIRECTORY)).size();
}

// A process that does `work` and then lives until it is told to end.
template <typename Work>
sys::Process other_process(Work work) {
  sys::Pipe ready = sys::make_pipe();
  pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    auto kept = work();
    sys::write_all(ready.write_end, "x");
    while (true) ::pause();
  }
  ready.write_end.reset();
  std::byte told{};
  CHECK(sys::read_some(ready.read_end, std::span(&told, 1)) == 1);
  return sys::Process(pid, sys::open_pidfd(pid));
}

}  // namespace

TEST_CASE("a temporary file that is not committed leaves nothing") {
  TempTree tree;
  {
    sys::TempFile file(tree.root());
    sys::write_all(file.fd(), "half");
    CHECK(entries(tree.root()) == 1);
    sys::TempFile moved(std::move(file));
    CHECK(sys::read_file(moved.path()) == "half");
  }
  CHECK(entries(tree.root()) == 0);
}

TEST_CASE("a committed temporary file takes the place of what was there") {
  TempTree tree;
  tree.file("final", "old");
  {
    sys::TempFile file(tree.root());
    sys::write_all(file.fd(), "new");
    file.commit(tree.at("final"));
  }
  CHECK(tree.text("final") == "new");
  CHECK(entries(tree.root()) == 1);
}

TEST_CASE("a commit that fails takes the file away and keeps what was there") {
  TempTree tree;
  tree.dir("final/full");
  {
    sys::TempFile file(tree.root());
    CHECK_THROWS_AS(file.commit(tree.at("final")), Error);
  }
  CHECK(entries(tree.root()) == 1);
  CHECK(tree.has("final/full"));
}

TEST_CASE("a temporary file in a directory that is not there names the directory") {
  try {
    sys::TempFile file("/nowhere/at/all");
    FAIL("it was made");
  } catch (const Error& error) {
    CHECK(error.code() == ENOENT);
    CHECK(error.message().find("/nowhere/at/all") != std::string::npos);
  }
}

TEST_CASE("a reader that has the old file open keeps the old bytes when it is replaced") {
  TempTree tree;
  tree.file("f", "old", 0600);
  sys::Fd reader = sys::open_path(tree.at("f"), O_RDONLY);
  sys::replace_file(tree.at("f"), "new", 0640);
  CHECK(sys::read_all(reader) == "old");
  CHECK(tree.text("f") == "new");
  CHECK((tree.stat("f").st_mode & 07777) == 0640);
}

TEST_CASE("a symlink in the place of a replaced file is replaced, not followed") {
  TempTree tree;
  tree.file("target", "kept");
  tree.symlink("link", "target");
  sys::replace_file(tree.at("link"), "new");
  CHECK(tree.text("target") == "kept");
  CHECK(S_ISREG(tree.stat("link").st_mode));
}

TEST_CASE("a temporary directory goes with all that is in it, also what nobody may enter") {
  TempTree tree;
  {
    sys::TempDir dir(tree.root(), "step-");
    CHECK(dir.path().starts_with(tree.at("step-")));
    sys::make_dirs(dir.path() + "/a/b/c", 0755);
    sys::replace_file(dir.path() + "/a/b/f", "x", 0000);
    sys::chmod_at(tree.fd(), (dir.path() + "/a/b").c_str(), 0000);
    sys::chmod_at(tree.fd(), (dir.path() + "/a").c_str(), 0500);
  }
  CHECK(entries(tree.root()) == 0);
}

TEST_CASE("a committed temporary directory stays, a moved one is removed once") {
  TempTree tree;
  {
    sys::TempDir dir(tree.root());
    sys::TempDir moved(std::move(dir));
    sys::replace_file(moved.path() + "/f", "x");
    moved.commit(tree.at("kept"));
  }
  CHECK(tree.text("kept/f") == "x");
  CHECK(entries(tree.root()) == 1);
}

TEST_CASE("locks of two holders exclude each other as their modes say") {
  TempTree tree;
  struct Case {
    FileLock::Mode held;
    FileLock::Mode wanted;
    bool granted;
  };
  using enum FileLock::Mode;
  for (const Case& c : {Case{kShared, kShared, true}, Case{kShared, kExclusive, false},
                        Case{kExclusive, kShared, false}, Case{kExclusive, kExclusive, false}}) {
    std::string path = tree.at("lock");
    {
      FileLock held = FileLock::lock(path, c.held);
      CHECK(FileLock::try_lock(path, c.wanted).has_value() == c.granted);
    }
    CHECK(FileLock::try_lock(path, c.wanted).has_value());
  }
}

TEST_CASE("a lock is of the file that has the name, and that file is nobody else's to open") {
  TempTree tree;
  std::string path = tree.at("lock");
  mode_t before = ::umask(0777);
  std::optional<FileLock> first = FileLock::lock(path, FileLock::Mode::kExclusive);
  ::umask(before);
  CHECK((sys::stat_of(sys::open_path(path, O_PATH)).st_mode & 07777) == 0600);
  // The holder removes the file while another waits for it, who then locks a new one.
  std::atomic<bool> has_waited = false;
  std::thread waiter([&] {
    FileLock second = FileLock::lock(path, FileLock::Mode::kExclusive);
    CHECK(has_waited.load());
    CHECK(!FileLock::try_lock(path, FileLock::Mode::kShared));
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  has_waited = true;
  REQUIRE(::unlink(path.c_str()) == 0);
  first.reset();
  waiter.join();
  // A link is not followed.
  std::string link = tree.at("link");
  REQUIRE(::symlink("/dev/null", link.c_str()) == 0);
  CHECK_THROWS_AS(FileLock::lock(link, FileLock::Mode::kShared), Error);
}

TEST_CASE("the removal of a tree stops when asked to, and goes on from there") {
  TempTree tree;
  std::string top = tree.at("top");
  for (int i = 0; i < 300; ++i) {
    sys::make_dirs(fmt::format("{}/{}/deeper", top, i), 0755);
    sys::replace_file(fmt::format("{}/{}/file", top, i), "x");
  }
  std::string deep = top + "/deep";
  for (int i = 0; i < 90; ++i) deep += "/d";
  sys::make_dirs(deep, 0755);
  sys::Fd dir = sys::open_path(tree.root(), O_PATH | O_DIRECTORY);
  std::stop_source stop;
  stop.request_stop();
  CHECK(!sys::remove_tree_until(dir, "top", stop.get_token()));
  CHECK(sys::exists(top));
  CHECK(sys::remove_tree_until(dir, "top", {}));
  CHECK(entries(tree.root()) == 0);
  CHECK(sys::remove_tree_until(dir, "top", {}));
}

TEST_CASE("a lock goes with the process that held it, however that ended") {
  TempTree tree;
  std::string path = tree.at("lock");
  {
    sys::Process holder =
        other_process([&] { return FileLock::lock(path, FileLock::Mode::kExclusive); });
    CHECK(!FileLock::try_lock(path, FileLock::Mode::kShared));
    holder.send(SIGKILL);
    CHECK(holder.wait().signal == SIGKILL);
  }
  CHECK(FileLock::try_lock(path, FileLock::Mode::kExclusive));
}

TEST_CASE("a passing lock excludes others, and takes its file with it") {
  TempTree t;
  std::string path = t.at("lock");
  {
    std::optional<LockFile> first = LockFile::try_lock(path);
    REQUIRE(first);
    CHECK(!LockFile::try_lock(path));
    LockFile moved = *std::move(first);
    first.reset();
    CHECK(!LockFile::try_lock(path));
  }
  CHECK(!sys::exists(path));
  CHECK(LockFile::try_lock(path));
}

TEST_CASE("a passing lock is held by one at a time, however many come and go") {
  TempTree t;
  std::atomic<int> inside = 0, taken = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 500; ++round) {
        std::optional<LockFile> lock = LockFile::try_lock(t.at("lock"));
        if (!lock) continue;
        if (++inside != 1) taken = -1'000'000;
        ++taken;
        --inside;
      }
    });
  }
  threads.clear();
  CHECK(taken > 0);
  CHECK(!sys::exists(t.at("lock")));
}

TEST_CASE("a mapped file shows the file's bytes, an empty one none") {
  TempTree tree;
  tree.file("empty");
  tree.file("full", "bytes of a file");
  CHECK(sys::MappedFile(sys::open_path(tree.at("empty"), O_RDONLY)).bytes().empty());
  sys::MappedFile first(sys::open_path(tree.at("full"), O_RDONLY));
  sys::unlink_at(tree.fd(), "full");
  sys::MappedFile map(std::move(first));
  CHECK(first.bytes().empty());
  CHECK(Digest::of({reinterpret_cast<const char*>(map.bytes().data()), map.bytes().size()}) ==
        Digest::of("bytes of a file"));
}
