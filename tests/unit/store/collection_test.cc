// SPDX-License-Identifier: Apache-2.0
//
// What a collection keeps, case by case, and what it finds after others have died.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "tests/unit/store/store_fixture.h"

using namespace cairn;
using namespace cairn::store;
using cairn::test::names_in;
using cairn::test::StoreFixture;
using oci::Reference;

namespace {

Image named(Image image, const std::string& name) {
  image.names = {Reference::parse(name)};
  return image;
}

}  // namespace

TEST_CASE("an image without a name is kept until it is removed by its id") {
  StoreFixture f;
  Image image = f.image({"a"});
  f.store.images().add(image);
  CHECK(f.store.collect().blobs == 0);
  f.store.images().remove(image.id.hex(), Force::kNo);
  CHECK(f.store.collect().blobs == 1);
  CHECK(!f.store.blobs().has(image.id));
}

TEST_CASE("the blobs of an unexported image's layers are kept with it") {
  StoreFixture f;
  f.store.images().add(f.image({"tar"}));
  Digest gzip = f.store.blobs().put("gzip of tar");
  Digest zstd = f.store.blobs().put("zstd of tar");
  Digest other = f.store.blobs().put("gzip of another");
  oci::DiffId layer(Digest::of("tar"));
  for (const Digest& blob : {gzip, zstd}) {
    f.store.layer_blobs().add(
        layer, {.media_type = std::string(oci::kOciLayerGzip), .digest = blob, .size = 11});
  }
  f.store.layer_blobs().add(
      oci::DiffId(Digest::of("another")),
      {.media_type = std::string(oci::kOciLayerGzip), .digest = other, .size = 15});
  CHECK(f.store.collect().blobs == 1);
  CHECK(f.store.layer_blobs().find(layer).size() == 2);
  CHECK(!f.store.blobs().has(other));
}

TEST_CASE("a layer that two images share goes with the second of them") {
  StoreFixture f;
  for (const char* name : {"one", "two"}) {
    Image image = named(f.image({"shared"}, name), name);
    image.manifest = f.manifest_for(image, {"shared"});
    f.store.images().add(image);
  }
  SnapshotId snapshot = f.bottom({"shared"});
  f.store.images().remove("one", Force::kNo);
  f.store.collect();
  CHECK(f.store.blobs().has(Digest::of("shared")));
  CHECK(f.store.snapshots().find(snapshot));
  f.store.images().remove("two", Force::kNo);
  Collected last = f.store.collect();
  CHECK(last.snapshots == 1);
  CHECK(names_in(f.store.root() + "/oci/blobs/sha256").empty());
  CHECK(names_in(f.store.root() + "/snapshots").empty());
}

TEST_CASE("a cache record keeps the whole stack it stands on, and nothing beside it") {
  StoreFixture f;
  SnapshotId a = f.snapshot();
  SnapshotId b = f.snapshot(a);
  SnapshotId c = f.snapshot(b);
  SnapshotId beside = f.snapshot(a);
  SnapshotId above = f.snapshot(c);
  f.store.records().put_record({.key = StepKey::of("k"), .snapshot = c, .inputs = "{}"});
  CHECK(f.store.collect().snapshots == 2);
  CHECK(f.store.snapshots().stack(c) == std::vector<SnapshotId>{a, b, c});
  CHECK(!f.store.snapshots().find(beside));
  CHECK(!f.store.snapshots().find(above));
}

TEST_CASE("an image keeps the layers of its stack that are unpacked, gaps or not") {
  StoreFixture f;
  f.store.images().add(named(f.image({"a", "b", "c"}), "app"));
  SnapshotId a = f.bottom({"a"});
  SnapshotId b = f.snapshot(a, {"a", "b"});
  SnapshotId foreign = f.snapshot(a, {"a", "x"});
  CHECK(f.store.collect().snapshots == 1);
  CHECK(f.store.snapshots().find(b));
  CHECK(!f.store.snapshots().find(foreign));
}

TEST_CASE("records without a snapshot survive, and hold on to nothing") {
  StoreFixture f;
  f.store.records().put_record(
      {.key = StepKey::of("k"), .snapshot = SnapshotId::empty_root(), .inputs = "{}"});
  f.snapshot();
  CHECK(f.store.collect().snapshots == 1);
  CHECK(f.store.records().find_record(StepKey::of("k")));
}

TEST_CASE("a second collection finds nothing left to do") {
  StoreFixture f;
  f.store.images().add(named(f.image({"a"}), "app"));
  f.snapshot();
  f.store.blobs().put("loose");
  f.store.collect();
  Collected again = f.store.collect();
  CHECK(again.blobs == 0);
  CHECK(again.snapshots == 0);
  CHECK(again.bytes == 0);
}

TEST_CASE("a collection gets by where an image's config was lost") {
  StoreFixture f;
  Image image = named(f.image({"a"}), "app");
  f.store.images().add(image);
  f.store.blobs().remove(image.id);
  f.store.blobs().put("loose");
  CHECK(f.store.collect().blobs == 1);
  CHECK(f.store.images().remove("app", Force::kNo).deleted == std::vector{image.id});
}

TEST_CASE("files in the blob directory that are no blobs do not stop a collection") {
  StoreFixture f;
  std::string blobs = f.store.root() + "/oci/blobs/sha256";
  sys::replace_file(blobs + "/README", "hello");
  sys::make_dirs(blobs + "/dir/below", 0755);
  REQUIRE(::symlink("/etc/hostname", (blobs + "/" + Digest::of("x").hex()).c_str()) == 0);
  CHECK(!f.store.blobs().has(Digest::of("x")));
  f.store.collect();
  CHECK(names_in(blobs).empty());
  CHECK(sys::exists("/etc/hostname"));
}

TEST_CASE("snapshots and trees that crashed builds left are swept, whatever they hold") {
  StoreFixture f;
  std::string orphan = f.store.snapshots().path(SnapshotId::parse("orphan"));
  sys::make_dirs(orphan + "/locked/below", 0755);
  sys::replace_file(orphan + "/locked/below/file", "x");
  REQUIRE(::symlink(f.store.root().c_str(), (orphan + "/root").c_str()) == 0);
  REQUIRE(::chmod((orphan + "/locked").c_str(), 0) == 0);
  f.store.collect();
  CHECK(!sys::exists(orphan));
  CHECK(sys::exists(f.store.root() + "/cairn.db"));
}

TEST_CASE("a layout without its index gets it back when the store is opened") {
  sys::TempDir dir("/tmp");
  {
    StoreFixture f{.dir = sys::TempDir("/tmp"), .store = Store::open(dir.path())};
    Image image = named(f.image({"a"}), "app:1");
    image.manifest = f.manifest_for(image, {"a"});
    f.store.images().add(image);
  }
  std::string index = dir.path() + "/oci/index.json";
  std::string before = sys::read_file(index);
  REQUIRE(::unlink(index.c_str()) == 0);
  REQUIRE(::unlink((dir.path() + "/oci/oci-layout").c_str()) == 0);
  Store store = Store::open(dir.path());
  CHECK(sys::read_file(index) == before);
  CHECK(sys::exists(dir.path() + "/oci/oci-layout"));
}

TEST_CASE("a damaged index of the layout is made anew, and does not stop a collection") {
  StoreFixture f;
  Image image = named(f.image({"a"}), "app:1");
  image.manifest = f.manifest_for(image, {"a"});
  f.store.images().add(image);
  std::string index = f.store.root() + "/oci/index.json";
  std::string before = sys::read_file(index);
  sys::replace_file(index, "{\"manifests\": [");
  f.store.collect();
  CHECK(sys::read_file(index) == before);
  CHECK(f.store.blobs().has(*image.manifest));
}

TEST_CASE("what is done atomically is done whole or not at all") {
  StoreFixture f;
  Image image = f.image({"a"});
  f.store.images().add(image);
  CHECK_THROWS_AS(f.store.atomically([&] {
    f.store.records().put_record(
        {.key = StepKey::of("k"), .snapshot = SnapshotId::empty_root(), .inputs = "{}"});
    throw Error(ErrorKind::kCancelled, "cancelled");
  }),
                  Error);
  CHECK(!f.store.records().find_record(StepKey::of("k")));
  f.store.atomically([&] {
    f.store.records().put_record(
        {.key = StepKey::of("k"), .snapshot = SnapshotId::empty_root(), .inputs = "{}"});
  });
  CHECK(f.store.records().find_record(StepKey::of("k")));
}

TEST_CASE("threads that take or put the same record agree on one of theirs") {
  StoreFixture f;
  StepKey key = StepKey::of("k");
  std::vector<std::string> seen(6);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    threads.emplace_back([&, i] {
      f.store.atomically([&] {
        if (auto found = f.store.records().find_record(key)) {
          seen[i] = found->inputs;
        } else {
          seen[i] = std::to_string(i);
          f.store.records().put_record(
              {.key = key, .snapshot = SnapshotId::empty_root(), .inputs = seen[i]});
        }
      });
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& each : seen) CHECK(each == seen[0]);
  CHECK(!seen[0].empty());
}

TEST_CASE("threads that tag, remove and list at once leave whole images and a whole layout") {
  StoreFixture f;
  Image image = f.image({"a"});
  image.manifest = f.manifest_for(image, {"a"});
  image.names = {Reference::parse("keep:1")};
  f.store.images().add(image);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Reference mine = Reference::parse("t" + std::to_string(t) + ":1");
      for (int i = 0; i < 5; ++i) {
        f.store.images().tag(image.id, mine);
        f.store.images().list();
        if (i < 4) f.store.images().remove(mine.str(), Force::kNo);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(f.store.images().find(image.id)->names.size() == 5);
  oci::Index index = oci::parse_index(sys::read_file(f.store.root() + "/oci/index.json"));
  CHECK(index.manifests.size() == 5);
}

TEST_CASE("an image whose config cannot be read is named, and all others are collected") {
  StoreFixture f;
  Image good = named(f.image({"a"}), "good"), gone = f.image({"b"}, "gone");
  Image broken = named(Image{.id = f.store.blobs().put("{"), .created = {.seconds = 7}}, "broken");
  for (const Image& image : {good, gone, broken}) f.store.images().add(image);
  std::vector<std::string> faults;
  for (const UsageRecord& record : f.store.usage(KeptImages::kTagged)) {
    if (!record.fault.empty()) faults.push_back(record.fault);
  }
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].starts_with("image " + broken.id.hex().substr(0, 12) +
                              " (broken:latest) is passed"));
  f.store.images().remove(gone.id.hex(), Force::kNo);
  Collected collected = f.store.collect();
  CHECK(collected.faults == faults);
  CHECK(!f.store.blobs().has(gone.id));
  CHECK(f.store.blobs().has(good.id));
  CHECK(f.store.blobs().has(broken.id));
  f.store.images().remove("broken", Force::kNo);
  CHECK(f.store.collect().faults.empty());
  CHECK(!f.store.blobs().has(broken.id));
}
