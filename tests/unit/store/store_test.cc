// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include <doctest/doctest.h>
#include <linux/fs.h>
#include <sqlite3.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/sys/placement.h"
#include "tests/unit/store/child_process.h"
#include "tests/unit/store/store_fixture.h"

using namespace cairn;
using namespace cairn::store;
using cairn::test::in_child;
using cairn::test::kill_process;
using cairn::test::refusal;
using cairn::test::StoreFixture;
using cairn::test::wait_for;
using oci::Reference;

namespace {

void sql(const std::string& root, const std::string& statement) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open((root + "/cairn.db").c_str(), &handle) == SQLITE_OK);
  CHECK(sqlite3_exec(handle, statement.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(handle);
}

// What "lsattr -d" shows; nothing where the filesystem keeps no such flags.
std::optional<int> flags_of(const std::string& dir) {
  int flags = 0;
  sys::Fd fd = sys::open_path(dir, O_RDONLY | O_DIRECTORY);
  if (::ioctl(fd.get(), FS_IOC_GETFLAGS, &flags) < 0) return std::nullopt;
  return flags;
}

// Takes back what the fifth version brought.
const std::string kWithoutLists =
    "DROP TABLE listed_images; DROP INDEX names_by_digest; ALTER TABLE names DROP COLUMN digest; "
    "ALTER TABLE images DROP COLUMN came; ALTER TABLE images DROP COLUMN base; "
    "ALTER TABLE layer_blobs DROP COLUMN made;";

}  // namespace

TEST_CASE("a store opened again has what was put in before") {
  sys::TempDir dir("/tmp");
  { Store::open(dir.path()).blobs().put("x"); }
  CHECK(Store::open(dir.path()).blobs().has(Digest::of("x")));
}

TEST_CASE("a store of a newer cairn is refused, and says so") {
  sys::TempDir dir("/tmp");
  { Store::open(dir.path()); }
  sql(dir.path(), "PRAGMA user_version = 99");
  CHECK(refusal([&] { Store::open(dir.path()); }).find("was made by a newer cairn (version 99") !=
        std::string::npos);
}

TEST_CASE("a store of the first version keeps its layers") {
  StoreFixture f;
  oci::DiffId diff_id(Digest::of("layer"));
  LayerView view{.snapshot = f.bottom({"layer"})};
  sql(f.dir.path(),
      kWithoutLists +
          "DROP TABLE origins; DROP TABLE blob_places; DROP TABLE cache_mounts; DROP TABLE "
          "evictions; DROP TABLE layers; ALTER TABLE chains DROP COLUMN base;"
          "CREATE TABLE layers (snapshot TEXT NOT NULL REFERENCES snapshots(id) ON DELETE CASCADE,"
          "  clamp INTEGER NOT NULL, diff_id TEXT NOT NULL, PRIMARY KEY (snapshot, clamp)) WITHOUT "
          "ROWID;"
          "INSERT INTO layers VALUES ('" +
          view.snapshot.text() + "', " + std::to_string(INT64_MAX) + ", '" + diff_id.str() +
          "'); PRAGMA user_version = 1");
  Store again = Store::open(f.dir.path());
  CHECK(again.snapshots().find_diff_id(view) == diff_id);
  CHECK(again.snapshots().layer_size(view) == 10);
  CHECK(again.snapshots().find_by_chain(oci::chain_id(std::vector{diff_id})) == view);
}

TEST_CASE("an id in the database that leads elsewhere is refused, and not made a path") {
  StoreFixture f;
  StepKey key = StepKey::of("key");
  sql(f.dir.path(),
      "INSERT INTO snapshots (id, size, created, last_used) VALUES ('../../x', 0, 0, 0);"
      "INSERT INTO cache_records VALUES ('" +
          key.str() + "', '../../x', '{}', 0, 0)");
  CHECK(refusal([&] { f.store.records().find_record(key); }) ==
        "\"../../x\" is not the id of a snapshot");
}

TEST_CASE("origins of files that the second version kept as cache records stay known") {
  StoreFixture f;
  SnapshotId donor = f.snapshot();
  SnapshotId linked = f.snapshot();
  f.store.records().put_record({.key = StepKey::of("origins"),
                                .snapshot = linked,
                                .inputs = "[\"" + donor.text() + "\",\"gone\"]"});
  f.store.records().put_record(
      {.key = StepKey::of("step"), .snapshot = linked, .inputs = R"([["op","copy"]])"});
  sql(f.dir.path(), kWithoutLists +
                        "DROP TABLE origins; DROP TABLE blob_places; DROP TABLE cache_mounts; DROP "
                        "TABLE evictions; PRAGMA user_version = 2");
  Store again = Store::open(f.dir.path());
  CHECK(again.snapshots().origins(linked).size() == 2);
  CHECK(again.snapshots().origins(donor).empty());
  CHECK(again.records().list().size() == 1);
  again.snapshots().drop(linked);
  CHECK(again.snapshots().origins(linked).empty());
}

TEST_CASE("images of a store of the fourth version keep their names and manifests") {
  StoreFixture f;
  Image image = f.image({"a"});
  image.manifest = f.manifest_for(image, {"a"});
  image.names = {oci::Reference::parse("app:1")};
  f.store.images().add(image);
  sql(f.dir.path(), kWithoutLists + "DROP TABLE blob_places; PRAGMA user_version = 4");
  Store again = Store::open(f.dir.path());
  Image kept = again.images().get("app:1");
  CHECK(kept.id == image.id);
  CHECK(kept.manifest == image.manifest);
  CHECK(!kept.manifest_came);  // nobody knows
  CHECK(again.images().list_of(image.names[0]).empty());
}

TEST_CASE("the use of a record is written when it is an hour after the last, and asked for") {
  StoreFixture f;
  StepKey key = StepKey::of("key");
  f.store.records().put_record({.key = key, .snapshot = SnapshotId::empty_root(), .inputs = "{}"});
  auto last_used = [&] { return f.store.records().list().at(0).last_used.seconds; };
  auto age = [&](int seconds) {
    sql(f.dir.path(),
        "UPDATE cache_records SET last_used = last_used - " + std::to_string(seconds));
  };
  std::int64_t made = last_used();
  age(1000);
  f.store.records().find_record(key);
  f.store.records().write_uses();
  CHECK(last_used() == made - 1000);
  age(9000);
  f.store.records().find_record(key);
  CHECK(last_used() == made - 10000);
  f.store.records().write_uses();
  CHECK(last_used() >= made);
}

TEST_CASE("a damaged index is refused, and says what to do") {
  sys::TempDir dir("/tmp");
  { Store::open(dir.path()); }
  sys::replace_file(dir.path() + "/cairn.db", std::string(5000, 'x'));
  CHECK(refusal([&] { Store::open(dir.path()); }).find("the index of the store is damaged") !=
        std::string::npos);
}

TEST_CASE("a root that cannot be made is refused with a way out") {
  CHECK(refusal([&] { Store::open("/proc/nowhere"); }).find("--root DIR or CAIRN_ROOT") !=
        std::string::npos);
}

TEST_CASE("snapshots that another boot left unsynced are dropped with all that names them") {
  sys::TempDir dir("/tmp");
  SnapshotId a = SnapshotId::empty_root(), b = a, c = a;
  StepKey key = StepKey::of("key");
  {
    StoreFixture f{.dir = std::move(dir)};
    a = f.bottom({"a"});
    b = f.snapshot(a, {"a", "b"}, false);
    c = f.snapshot(b, {"a", "b", "c"});
    f.store.records().put_record({.key = key, .snapshot = c, .inputs = "{}"});
    CHECK(Store::open(f.dir.path()).snapshots().list().size() == 3);  // the same boot vouches
    sql(f.dir.path(), "UPDATE snapshots SET unsynced_boot = 'old' WHERE unsynced_boot IS NOT NULL");
    Store again = Store::open(f.dir.path());
    CHECK(again.snapshots().list().size() == 1);
    CHECK(again.snapshots().find(a));
    CHECK(!again.records().find_record(key));
    CHECK(!sys::exists(again.snapshots().path(b)));
  }
}

TEST_CASE("a collection keeps what images and cache records reach") {
  StoreFixture f;
  Image kept = f.image({"a"});
  kept.names = {Reference::parse("kept")};
  kept.manifest = f.manifest_for(kept, {"a"});
  f.store.images().add(kept);
  SnapshotId base = f.bottom({"a"});
  SnapshotId step = f.snapshot(base);
  SnapshotId loose = f.snapshot(base);
  f.store.records().put_record({.key = StepKey::of("k"), .snapshot = step, .inputs = "{}"});
  f.store.blobs().put("loose");
  sys::make_dirs(f.store.snapshots().path(SnapshotId::parse("no-row")), 0755);

  auto collected = f.store.collect();
  CHECK(collected.snapshots == 1);
  CHECK(collected.blobs == 1);
  CHECK(collected.bytes == 10 + 5);
  CHECK(f.store.snapshots().find(step));
  CHECK(!sys::exists(f.store.snapshots().path(loose)));
  CHECK(!sys::exists(f.store.snapshots().path(SnapshotId::parse("no-row"))));
  CHECK(f.store.blobs().has(*kept.manifest));
  CHECK(f.store.blobs().has(Digest::of("a")));

  f.store.images().remove("kept", Force::kNo);
  f.store.records().evict({step}, "prune");
  CHECK(f.store.collect().snapshots == 2);
  CHECK(!f.store.blobs().has(kept.id));
}

TEST_CASE("several processes work in one store at once") {
  sys::TempDir dir("/tmp");
  sys::TempDir scratch("/tmp");
  std::vector<pid_t> children;
  for (int child = 0; child < 4; ++child) {
    children.push_back(in_child([&] {
      StoreFixture f{.dir = sys::TempDir(scratch.path()), .store = Store::open(dir.path())};
      for (int i = 0; i < 5; ++i) {
        Image image = f.image({"a"}, std::to_string(i));
        image.manifest = f.manifest_for(image, {"a"});
        image.names = {Reference::parse(fmt::format("app{}:{}", child, i))};
        f.store.images().add(image);
        SnapshotId s = f.bottom({"layer" + std::to_string(child)});
        f.store.records().put_record(
            {.key = StepKey::of(fmt::format("{} {}", child, i)), .snapshot = s, .inputs = "{}"});
      }
    }));
  }
  for (pid_t child : children) CHECK(wait_for(child) == 0);
  Store store = Store::open(dir.path());
  CHECK(store.images().list().size() == 5);
  CHECK(store.records().list().size() == 20);
  Json index = parse_json(sys::read_file(dir.path() + "/oci/index.json"), "index");
  CHECK(index["manifests"].size() == 20);
}

TEST_CASE("a process killed at any moment leaves a store that works") {
  sys::TempDir dir("/tmp");
  sys::TempDir scratch("/tmp");  // what the killed leave behind goes with it
  for (int round = 0; round < 8; ++round) {
    pid_t child = in_child([&] {
      StoreFixture f{.dir = sys::TempDir(scratch.path()), .store = Store::open(dir.path())};
      for (int i = 0;; ++i) {
        Image image = f.image({"a"}, std::to_string(i));
        image.manifest = f.manifest_for(image, {"a"});
        image.names = {Reference::parse("app")};
        f.store.images().add(image);
        f.bottom({"a"}, false);
      }
    });
    ::usleep(static_cast<useconds_t>(2000 + 3000 * round));
    kill_process(child);
    Store store = Store::open(dir.path());
    for (const Image& image : store.images().list()) {
      CHECK(Digest::of(store.images().config_bytes(image.id)) == image.id);
      CHECK(store.images().manifest(image));
    }
    store.sweep();
    test::check_only_ours_in_tmp(store);
    parse_json(sys::read_file(dir.path() + "/oci/index.json"), "index");
  }
}

TEST_CASE("the trees of a store are spread over the disk, where the filesystem knows how") {
  StoreFixture fixture;
  std::string probe = fixture.dir.path() + "/probe";
  sys::make_dirs(probe, 0755);
  sys::spread_subdirectories(sys::open_path(probe, O_RDONLY | O_DIRECTORY));
  for (const char* place : {"/snapshots", "/tmp", "/cache-mounts"}) {
    CHECK(flags_of(fixture.store.root() + place) == flags_of(probe));
  }
}

TEST_CASE("a blob is remembered with the repositories that have it, until it is gone") {
  StoreFixture f;
  Digest blob = f.store.blobs().put("blob");
  store::LayerBlobs& layers = f.store.layer_blobs();
  layers.add_place(blob, "r.io", "team/app");
  layers.add_place(blob, "r.io", "base");
  layers.add_place(blob, "r.io", "base");
  layers.add_place(blob, "s.io", "elsewhere");
  CHECK(layers.places(blob, "r.io") == std::vector<std::string>{"base", "team/app"});
  CHECK(layers.places(blob, "t.io").empty());
  CHECK(layers.places(Digest::of("other"), "r.io").empty());
  layers.drop(blob.hex());
  CHECK(layers.places(blob, "r.io").empty());
}
