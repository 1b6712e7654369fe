// SPDX-License-Identifier: Apache-2.0
#include "store/snapshot_index.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include "base/error.h"
#include "tests/unit/store/store_fixture.h"

using namespace cairn;
using namespace cairn::store;
using cairn::test::refusal;
using cairn::test::StoreFixture;

namespace {

oci::DiffId layer(const std::string& name) {
  return oci::DiffId(Digest::of(name));
}

oci::ChainId chain_of(const std::vector<std::string>& names) {
  std::vector<oci::DiffId> ids;
  for (const std::string& name : names) ids.push_back(layer(name));
  return oci::chain_id(ids);
}

}  // namespace

TEST_CASE("a stack is listed from the bottom") {
  StoreFixture f;
  SnapshotId a = f.snapshot();
  SnapshotId b = f.snapshot(a);
  SnapshotId c = f.snapshot(b);
  CHECK(f.store.snapshots().stack(c) == std::vector<SnapshotId>{a, b, c});
  CHECK(f.store.snapshots().find(b)->parent == a);
}

TEST_CASE("a layer is found again by its chain and by its snapshot") {
  StoreFixture f;
  SnapshotIndex& index = f.store.snapshots();
  SnapshotId a = f.bottom({"a"});
  CHECK(index.find_by_chain(chain_of({"a"})) == LayerView{.snapshot = a});
  CHECK(!index.find_by_chain(chain_of({"b"})));
  CHECK(!index.find_diff_id({.snapshot = a}));
  index.set_diff_id({.snapshot = a}, layer("a"), 5);
  CHECK(index.find_diff_id({.snapshot = a}) == layer("a"));
}

TEST_CASE(
    "a layer that has lost owners is found by who allows that, and where there is no better") {
  StoreFixture f;
  SnapshotIndex& index = f.store.snapshots();
  SnapshotId lossy = f.bottom({"a"});
  SnapshotIndex::mark_lost_owners(sys::open_path(index.path(lossy), O_RDONLY | O_DIRECTORY));
  CHECK(index.has_lost_owners(lossy));
  CHECK(!index.has_lost_owners(SnapshotId::empty_root()));
  CHECK(!index.may_use(lossy));
  CHECK(!index.find_by_chain(chain_of({"a"})));
  CHECK(index.find_any_by_chain(chain_of({"a"})) == LayerView{.snapshot = lossy});
  index.allow_lost_owners(true);
  CHECK(index.may_use(lossy));
  CHECK(index.find_by_chain(chain_of({"a"})) == LayerView{.snapshot = lossy});
  SnapshotId whole = f.bottom({"a"});
  CHECK(index.find_by_chain(chain_of({"a"})) == LayerView{.snapshot = whole});
  CHECK(index.find_any_by_chain(chain_of({"a"})) == LayerView{.snapshot = whole});
}

TEST_CASE("one snapshot is a different layer for each time its files are clamped to") {
  StoreFixture f;
  SnapshotIndex& index = f.store.snapshots();
  LayerView plain{.snapshot = f.snapshot()};
  LayerView clamped{.snapshot = plain.snapshot, .clamp = Clamp::at(1700000000)};
  index.set_diff_id(plain, layer("plain"), 5);
  index.set_diff_id(clamped, layer("clamped"), 5);
  CHECK(index.find_diff_id(plain) == layer("plain"));
  CHECK(index.find_diff_id(clamped) == layer("clamped"));
  index.set_chain(chain_of({"clamped"}), clamped);
  CHECK(index.find_by_chain(chain_of({"clamped"})) == clamped);
}

TEST_CASE("several snapshots are one layer when it starts further down, with a size of its own") {
  StoreFixture f;
  SnapshotIndex& index = f.store.snapshots();
  SnapshotId base = f.snapshot();
  LayerView plain{.snapshot = f.snapshot(f.snapshot(base))};
  LayerView squashed{.snapshot = plain.snapshot, .base = LayerBase::below(base)};
  LayerView whole{.snapshot = plain.snapshot, .base = LayerBase::below(SnapshotId::empty_root())};
  index.set_diff_id(plain, layer("plain"), 10);
  CHECK(!index.find_diff_id(squashed));
  CHECK(index.layer_size(squashed) == 0);
  index.set_diff_id(squashed, layer("squashed"), 20);
  index.set_diff_id(whole, layer("whole"), 30);
  CHECK(index.find_diff_id(plain) == layer("plain"));
  CHECK(index.find_diff_id(squashed) == layer("squashed"));
  CHECK(index.layer_size(squashed) == 20);
  CHECK(index.layer_size(whole) == 30);
  for (const LayerView& view : {squashed, whole}) {
    index.set_chain(chain_of({"one"}), view);
    CHECK(index.find_by_chain(chain_of({"one"})) == view);
  }
}

TEST_CASE("a row whose directory is gone is a miss, and so is all above it") {
  StoreFixture f;
  SnapshotIndex& index = f.store.snapshots();
  SnapshotId a = f.bottom({"a"});
  SnapshotId b = f.snapshot(a, {"a", "b"});
  StepKey key = StepKey::of("key");
  f.store.records().put_record({.key = key, .snapshot = b, .inputs = "{}"});
  CHECK(f.store.records().find_record(key)->snapshot == b);
  sys::remove_tree(index.path(a));
  index.forget_seen();
  CHECK(!f.store.records().find_record(key));
  CHECK(!index.find_by_chain(chain_of({"a", "b"})));
  CHECK(refusal([&] { index.stack(b); }) == "snapshot " + b.text() + " is gone");
  CHECK(index.list().empty());
  CHECK(f.store.records().list().empty());
}

TEST_CASE("a cache record replaces the one before and may name an empty root") {
  StoreFixture f;
  StepKey key = StepKey::of("key");
  f.store.records().put_record(
      {.key = key, .snapshot = SnapshotId::empty_root(), .inputs = "{\"a\":1}"});
  CHECK(f.store.records().find_record(key)->inputs == "{\"a\":1}");
  SnapshotId s = f.snapshot();
  f.store.records().put_record({.key = key, .snapshot = s, .inputs = "{}"});
  CHECK(f.store.records().find_record(key)->snapshot == s);
  f.store.records().put_record(
      {.key = StepKey::of("other"), .snapshot = SnapshotId::parse("gone"), .inputs = "{}"});
  CHECK(!f.store.records().find_record(StepKey::of("other")));
}

TEST_CASE("one sync makes all snapshots so far durable") {
  StoreFixture f;
  SnapshotId a = f.bottom({}, false);
  CHECK(f.store.snapshots().unsynced() == std::vector<SnapshotId>{a});
  f.store.sync();
  CHECK(f.store.snapshots().unsynced().empty());
  CHECK(f.store.snapshots().find(a)->synced);
}
