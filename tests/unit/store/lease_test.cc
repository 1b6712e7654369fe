// SPDX-License-Identifier: Apache-2.0
//
// Several processes in one store: what one of them uses stays while another collects, and what dead
// ones left goes. A second Store of this process is as good as one of another.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "tests/unit/store/child_process.h"
#include "tests/unit/store/store_fixture.h"

using namespace cairn;
using namespace cairn::store;
using cairn::test::fixture_at;
using cairn::test::in_child;
using cairn::test::kill_process;
using cairn::test::names_in;
using cairn::test::StoreFixture;
using oci::Reference;

namespace {

Pruning everything() {
  return {.kept = KeptImages::kNone, .gc_policy = {.forget_needed = true}, .reason = "prune"};
}

// A process that does something in the store and is then killed, or lives until told to end.
template <typename Work>
pid_t stopped_process(Work work) {
  sys::Pipe ready = sys::make_pipe();
  pid_t pid = in_child([&] {
    auto kept = work();
    sys::write_all(ready.write_end, "x");
    while (true) ::pause();
  });
  ready.write_end.reset();
  std::byte told{};
  CHECK(sys::read_some(ready.read_end, std::span(&told, 1)) == 1);
  return pid;
}

}  // namespace

TEST_CASE("what one process has found or made stays while another collects all there is") {
  StoreFixture f;
  SnapshotId base = f.bottom({"a"});
  SnapshotId found = f.snapshot(base);
  SnapshotId unused = f.snapshot(base);
  f.store.records().put_record({.key = StepKey::of("found"), .snapshot = found, .inputs = "[]"});
  f.store.records().put_record({.key = StepKey::of("unused"), .snapshot = unused, .inputs = "[]"});
  Image image = f.image({"a", "b"});
  image.names = {Reference::parse("app")};
  f.store.images().add(image);
  Digest layer = f.store.blobs().put("layer");
  f.store.layer_blobs().add(oci::DiffId(Digest::of("b")),
                            {.media_type = "x", .digest = layer, .size = 5});
  Digest loose = f.store.blobs().put("loose");
  f.store = Store::open(f.dir.path());  // a process that knows nothing yet

  StoreFixture user = fixture_at(f.dir.path());
  CHECK(user.store.records().find_record(StepKey::of("found")));
  CHECK(user.store.images().find("app"));
  CHECK(user.store.blobs().has(loose));
  SnapshotId made = user.snapshot(found);
  Digest put = user.store.blobs().put("put");
  f.store.collect(everything());
  CHECK(!f.store.records().find_record(StepKey::of("unused")));
  CHECK(!sys::exists(f.store.snapshots().path(unused)));
  for (const SnapshotId& id : {base, found, made}) {
    CHECK(sys::exists(user.store.snapshots().path(id)));
  }
  for (const Digest& blob : {loose, put, layer, image.id}) CHECK(user.store.blobs().has(blob));
  CHECK_NOTHROW(user.snapshot(made));  // stands on what is still on record
}

TEST_CASE("an image that was found stays whole when another process removes its name") {
  StoreFixture f;
  Image image = f.image({"a"});
  image.names = {Reference::parse("app")};
  image.manifest = f.manifest_for(image, {"a"});
  f.store.images().add(image);
  SnapshotId snapshot = f.bottom({"a"});
  f.store = Store::open(f.dir.path());
  {
    StoreFixture user = fixture_at(f.dir.path());
    Image used = user.store.images().get("app");
    f.store.images().remove("app", Force::kNo);
    f.store.collect(everything());
    CHECK(user.store.images().config(used.id).diff_ids.size() == 1);
    CHECK(user.store.images().layers(used.id)[0].view->snapshot == snapshot);
  }
  CHECK(f.store.collect(everything()).snapshots == 1);
  CHECK(names_in(f.store.root() + "/oci/blobs/sha256").empty());
}

TEST_CASE("what a process used goes with the next collection after its end, however that came") {
  StoreFixture f;
  SnapshotId snapshot = f.bottom({"a"});
  f.store = Store::open(f.dir.path());
  pid_t user = stopped_process([&] {
    auto other = std::make_shared<Store>(Store::open(f.dir.path()));
    other->snapshots().find(snapshot);
    sys::make_dirs(other->tmp_dir() + "/step/half", 0755);
    return other;
  });
  CHECK(f.store.collect(everything()).snapshots == 0);
  f.store.sweep();
  CHECK(names_in(f.store.root() + "/tmp").size() == 4);  // his and ours
  kill_process(user);
  CHECK(f.store.collect(everything()).snapshots == 1);
  f.store.sweep();
  CHECK(names_in(f.store.root() + "/tmp").size() == 2);
}

TEST_CASE("only names that cairn made are swept, and no lock that somebody holds") {
  StoreFixture f;
  std::string tmp = f.store.root() + "/tmp";
  std::string claim = "making-" + Digest::of("dead").hex();
  for (const char* name : {"step-abcdef/fs", "dead-0123456789ab/y", "work-abcdef/step-x",
                           "trash-abcdef", "dead-layer-abcdef", "work-ghijkl"}) {
    sys::make_dirs(tmp + "/" + name, 0755);
  }
  for (const std::string& name : {std::string("tmp-abcdef"), claim, std::string("lease-abcdef")}) {
    sys::replace_file(tmp + "/" + name, "x");
  }
  std::vector<std::string> foreign = {"dead-letters", "lease-of-life",   "making-off",
                                      "new-abcdef",   "notes.txt",       "step-by-step",
                                      "thesis",       "work-in-progress"};
  for (const std::string& name : foreign) sys::make_dirs(tmp + "/" + name, 0755);
  auto held = f.store.try_lock_step(Digest::of("work"));
  f.store.sweep();
  foreign.push_back("making-" + Digest::of("work").hex());
  std::vector<std::string> left = names_in(tmp);
  std::ranges::sort(foreign);
  std::ranges::sort(left);
  std::string own = f.store.tmp_dir();
  own = own.substr(own.rfind('-'));
  std::erase_if(left, [&](const std::string& name) { return name.ends_with(own); });
  CHECK(left == foreign);
}

TEST_CASE("a look-up beside collections finds what is whole, or nothing") {
  StoreFixture f;
  std::atomic<bool> done = false;
  std::thread collector([&] {
    Store other = Store::open(f.dir.path());
    while (!done) other.collect(everything());
  });
  for (int i = 0; i < 60; ++i) {
    StepKey key = StepKey::of("step " + std::to_string(i % 3));
    Store store = Store::open(f.dir.path());
    StoreFixture user{.dir = sys::TempDir("/tmp"), .store = std::move(store)};
    SnapshotId id = SnapshotId::empty_root();
    if (auto record = user.store.records().find_record(key)) {
      id = record->snapshot;
    } else {
      user.store.atomically([&] {
        id = user.snapshot();
        user.store.records().put_record({.key = key, .snapshot = id, .inputs = "[]"});
      });
    }
    Digest blob = user.store.blobs().put("blob " + std::to_string(i % 3));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(sys::exists(user.store.snapshots().path(id)));
    CHECK_NOTHROW(user.snapshot(id));
    CHECK(user.store.blobs().read(blob, 100) == "blob " + std::to_string(i % 3));
  }
  done = true;
  collector.join();
}

TEST_CASE("a cache mount that a step uses is not taken, and one that nobody uses is") {
  StoreFixture f;
  for (const char* name : {"used", "idle"}) {
    sys::make_dirs(f.store.cache_mounts().path(name), 0755);
    f.store.cache_mounts().note_use(name, name);
  }
  std::string lock = f.store.cache_mounts().path("used") + ".lock";
  {
    auto step = sys::FileLock::lock(lock, sys::FileLock::Mode::kShared);
    CHECK(f.store.collect(everything()).evicted.size() == 1);
    CHECK(names_in(f.store.cache_mounts_dir()).size() == 2);
  }
  f.store.collect(everything());
  CHECK(names_in(f.store.cache_mounts_dir()).empty());
}
