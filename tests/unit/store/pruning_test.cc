// SPDX-License-Identifier: Apache-2.0
//
// Pruning a store: that the choice is carried out, whole, and can be cut short.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>

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

// A step on a parent, known by `key`, with a file of some bytes in its layer.
SnapshotId step(StoreFixture& f, const std::string& key,
                const SnapshotId& parent = SnapshotId::empty_root()) {
  SnapshotId id = f.snapshot(parent);
  sys::replace_file(f.store.snapshots().path(id) + "/file", std::string(100, 'x'));
  f.store.records().put_record(
      {.key = StepKey::of(key), .snapshot = id, .inputs = R"([["op","run"]])"});
  return id;
}

// What a process does that finds the store as it is: a store opened anew has used nothing.
Collected prune(const std::string& root, KeptImages kept = KeptImages::kTagged,
                GcPolicy gc_policy = {}) {
  Store store = Store::open(root);
  auto collected =
      store.collect(Pruning{.kept = kept, .gc_policy = std::move(gc_policy), .reason = "prune"});
  return collected;
}

const UsageRecord* find(const std::vector<UsageRecord>& usage, const std::string& id) {
  auto found = std::ranges::find(usage, id, &UsageRecord::id);
  return found == usage.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("pruning takes what no named image needs, and leaves what one does") {
  sys::TempDir dir("/tmp");
  SnapshotId kept = SnapshotId::empty_root(), cache = kept;
  Digest app = Digest::of(""), dangling = Digest::of("");
  {
    StoreFixture f = fixture_at(dir.path());
    kept = f.bottom({"a"});
    cache = step(f, "cache", kept);
    f.store.records().put_record({.key = StepKey::of("kept"), .snapshot = kept, .inputs = "[]"});
    Image image = f.image({"a"});
    image.names = {Reference::parse("app")};
    f.store.images().add(image);
    app = image.id;
    Image old = f.image({"a"}, "old");
    f.store.images().add(old);
    dangling = old.id;
    f.store.blobs().put("loose");
    sys::make_dirs(f.store.cache_mounts().path("mount"), 0755);
    f.store.cache_mounts().note_use("mount", "go");
  }
  Collected collected = prune(dir.path());
  CHECK(collected.evicted.size() == 4);
  CHECK(collected.snapshots == 1);
  CHECK(collected.bytes > 0);
  Store store = Store::open(dir.path());
  CHECK(store.snapshots().find(kept));
  CHECK(!store.snapshots().find(cache));
  CHECK(store.images().find(app));
  CHECK(!store.images().find(dangling));
  CHECK(store.records().find_record(StepKey::of("kept")));
  CHECK(!store.records().find_record(StepKey::of("cache")));
  CHECK(store.cache_mounts().list().empty());
  CHECK(names_in(store.cache_mounts_dir()).empty());
  CHECK(names_in(store.root() + "/tmp").size() == 1);  // our own lease
  // It is known for a while that room was made.
  CHECK(store.records().find_eviction(StepKey::of("cache"))->reason == "prune");
  CHECK(!store.records().find_eviction(StepKey::of("kept")));
}

TEST_CASE("pruning only the cache leaves images without a name, and pruning images all steps") {
  sys::TempDir dir("/tmp");
  SnapshotId layer = SnapshotId::empty_root();
  {
    StoreFixture f = fixture_at(dir.path());
    layer = f.bottom({"a"});
    step(f, "cache");
    f.store.images().add(f.image({"a"}));
  }
  CHECK(prune(dir.path(), KeptImages::kAll).snapshots == 1);
  CHECK(Store::open(dir.path()).images().list().size() == 1);
  {
    StoreFixture f = fixture_at(dir.path());
    step(f, "again");
  }
  GcPolicy images{.matches = [](const UsageRecord& h) { return h.kind == UsageKind::kImage; }};
  CHECK(prune(dir.path(), KeptImages::kNone, images).evicted.size() == 1);
  Store store = Store::open(dir.path());
  CHECK(store.images().list().empty());
  CHECK(!store.snapshots().find(layer));
  CHECK(store.records().find_record(StepKey::of("again")));
}

TEST_CASE("a bound takes the oldest, and never what this process made or found") {
  StoreFixture f;
  step(f, "old");
  {
    StoreFixture other = fixture_at(f.dir.path());
    step(other, "older");
  }
  // Untouched by this process, unlike "old", which it made.
  auto collected = f.store.collect(Pruning{
      .kept = KeptImages::kTagged, .gc_policy = {.bounds = {.max_used = 1}}, .reason = "gc"});
  CHECK(collected.snapshots == 1);
  CHECK(f.store.records().find_record(StepKey::of("old")));
  CHECK(!f.store.records().find_record(StepKey::of("older")));
}

TEST_CASE("what hangs together is told so") {
  StoreFixture f;
  SnapshotId base = f.bottom({"a"});
  SnapshotId top = step(f, "top", base);
  f.store.snapshots().put_origins(top, {SnapshotId::parse("donor")});
  Image image = f.image({"a"});
  image.names = {Reference::parse("app:1")};
  f.store.images().add(image);
  sys::replace_file(f.store.contexts_dir() + "/" + top.text() + ".files", std::string(50, 'x'));
  sys::replace_file(f.store.contexts_dir() + "/index", "x");
  std::vector<UsageRecord> all = f.store.usage(KeptImages::kTagged);
  CHECK(all.size() == 4);
  CHECK(find(all, base.text())->needed);
  CHECK(find(all, base.text())->images == std::vector{Reference::parse("app:1")});
  CHECK(find(all, base.text())->last_used == find(all, top.text())->last_used);
  CHECK(!find(all, top.text())->needed);
  CHECK(find(all, top.text())->in_use);
  CHECK(find(all, top.text())->inputs == R"([["op","run"]])");
  CHECK(find(all, top.text())->origins == std::vector{SnapshotId::parse("donor")});
  CHECK(find(all, top.text())->size == 10 + 50);
  CHECK(find(all, image.id.str())->needed);
  CHECK(find(all, "index")->kind == UsageKind::kContextIndex);
}

TEST_CASE("a layer that nobody digested is measured when its size is asked for, once") {
  StoreFixture f;
  SnapshotRecord record{.id = SnapshotId::random(), .synced = true};
  sys::make_dirs(f.store.snapshots().path(record.id), 0755);
  sys::replace_file(f.store.snapshots().path(record.id) + "/file", std::string(1 << 20, 'x'));
  f.store.snapshots().add(record);
  sys::make_dirs(f.store.cache_mounts().path("mount"), 0755);
  CHECK(find(f.store.usage(KeptImages::kAll), record.id.text())->size >= 1 << 20);
  CHECK(find(f.store.usage(KeptImages::kAll), "mount")->size > 0);
  sys::replace_file(f.store.snapshots().path(record.id) + "/other", std::string(1 << 20, 'x'));
  CHECK(find(f.store.usage(KeptImages::kAll), record.id.text())->size < 2 << 20);
}

TEST_CASE("the bounds are looked at as far as the disk asks for it") {
  StoreFixture f;
  step(f, "one");
  sys::DiskSpace disk{.total = 1000, .free = 500, .available = 500};
  CHECK(!f.store.may_exceed({}, disk));
  CHECK(!f.store.may_exceed({.max_used = 500}, disk));
  CHECK(!f.store.may_exceed({.max_used = 10}, disk));
  CHECK(f.store.may_exceed({.max_used = 9}, disk));
  CHECK(!f.store.may_exceed({.max_used = 9, .reserved = 10}, disk));
}

TEST_CASE("a pruning killed at any moment leaves a store that works, and the next one finishes") {
  sys::TempDir dir("/tmp");
  for (int round = 0; round < 12; ++round) {
    {
      StoreFixture f = fixture_at(dir.path());
      SnapshotId parent = SnapshotId::empty_root();
      for (int i = 0; i < 30; ++i) parent = step(f, fmt::format("{} {}", round, i), parent);
    }
    pid_t child = in_child([&] { prune(dir.path()); });
    ::usleep(static_cast<useconds_t>(500 * round));
    kill_process(child);
    Store store = Store::open(dir.path());
    store.sweep();
    test::check_only_ours_in_tmp(store);
    for (const CacheRecord& record : store.records().list()) {
      if (store.records().find_record(record.key)) {
        CHECK(sys::exists(store.snapshots().path(record.snapshot) + "/file"));
      }
    }
  }
  prune(dir.path());
  Store store = Store::open(dir.path());
  CHECK(store.records().list().empty());
  CHECK(names_in(store.root() + "/snapshots").empty());
}
