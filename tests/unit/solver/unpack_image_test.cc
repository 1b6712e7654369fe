// SPDX-License-Identifier: Apache-2.0
#include "solver/fetch/unpack_image.h"

#include <doctest/doctest.h>

#include "base/json.h"
#include "tests/support/tar_maker.h"
#include "tests/unit/solver/solver_fixture.h"

using namespace cairn;
using namespace cairn::solver;
using cairn::test::SolverFixture;
using cairn::test::TarMaker;

namespace {

// An image as a registry would have told it, its layers in the store as plain tars.
source::FoundImage image_of(SolverFixture& fixture, const std::vector<std::string>& tars,
                            const std::string& name = "app") {
  oci::ImageConfig config;
  config.platform = oci::Platform::parse("linux/amd64");
  std::vector<oci::Descriptor> layers;
  for (const std::string& tar : tars) {
    config.diff_ids.emplace_back(Digest::of(tar));
    layers.push_back({.media_type = std::string(oci::kOciLayer),
                      .digest = fixture.store.blobs().put(tar),
                      .size = static_cast<std::int64_t>(tar.size())});
  }
  std::string bytes = canonical(oci::to_json(config));
  Digest id = fixture.store.blobs().put(bytes);
  oci::Manifest manifest{.config = {.media_type = std::string(oci::kOciConfig),
                                    .digest = id,
                                    .size = static_cast<std::int64_t>(bytes.size())},
                         .layers = std::move(layers)};
  Digest digest = fixture.store.blobs().put(canonical(oci::to_json(manifest)));
  return {.reference = oci::Reference::parse(name),
          .config = std::move(config),
          .id = id,
          .manifest = std::move(manifest),
          .manifest_digest = digest};
}

SnapshotId unpack(SolverFixture& fixture, const source::FoundImage& image,
                  std::stop_token stop = {}) {
  progress::VertexScope scope(fixture.sink, "pull");
  return unpack_image(fixture.builder, fixture.store, fixture.snapshotter, fixture.images, image,
                      scope, Fetch::kMissingSnapshots, std::move(stop));
}

const std::string kBase = TarMaker().file("kept", "base").file("gone", "x").end();
const std::string kTop = TarMaker().file(".wh.gone").file("new", "top").end();

}  // namespace

TEST_CASE("an image's layers become snapshots on each other, and the store knows the image") {
  SolverFixture k;
  source::FoundImage image = image_of(k, {kBase, kTop});
  SnapshotId root = unpack(k, image);
  CHECK(k.text(root, "kept") == "base");
  CHECK(k.text(root, "new") == "top");
  CHECK(k.text(root, "gone") == "(none)");
  auto known = k.store.images().find("app");
  REQUIRE(known);
  CHECK(known->id == image.id);
  CHECK(known->manifest == image.manifest_digest);
  CHECK(k.store.images().layers(image.id).back().view->snapshot == root);
  CHECK(k.store.snapshots().unsynced().empty());
  CHECK(k.left_in_tmp() == 0);
  auto made = k.sink.all<progress::LayerMade>();
  REQUIRE(made.size() == 2);
  CHECK(made[0].diff_id == Digest::of(kBase));
  CHECK(made[0].size == static_cast<std::int64_t>(kBase.size()));
  CHECK(made[1].snapshot == root.text());
}

TEST_CASE("layers that are unpacked already are shared, between pulls and between images") {
  SolverFixture k;
  SnapshotId base = unpack(k, image_of(k, {kBase}, "base"));
  SnapshotId first = unpack(k, image_of(k, {kBase, kTop}, "one"));
  CHECK(unpack(k, image_of(k, {kBase, kTop}, "same")) == first);
  CHECK(k.store.snapshots().find(first)->parent == base);
  SnapshotId other = unpack(k, image_of(k, {kBase, TarMaker().file("o").end()}, "two"));
  CHECK(k.store.snapshots().find(other)->parent == base);
  CHECK(k.store.snapshots().list().size() == 3);
}

TEST_CASE("the same layer on another base is another snapshot") {
  SolverFixture k;
  SnapshotId alone = unpack(k, image_of(k, {kTop}, "alone"));
  SnapshotId above = unpack(k, image_of(k, {kBase, kTop}, "above"));
  CHECK(alone != above);
  CHECK(k.text(alone, "kept") == "(none)");
  CHECK(k.text(above, "kept") == "base");
}

TEST_CASE("a layer that is not what the config says is refused and leaves nothing") {
  SolverFixture k;
  source::FoundImage image = image_of(k, {kBase});
  image.config.diff_ids[0] = oci::DiffId(Digest::of("something else"));
  try {
    unpack(k, image);
    FAIL("unpacked");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kRegistry);
    CHECK(error.message().find(Digest::of("something else").str()) != std::string::npos);
    CHECK(!error.context().empty());
  }
  CHECK(k.store.snapshots().list().empty());
  CHECK(!k.store.images().find("app"));
  CHECK(k.left_in_tmp() == 0);
}

TEST_CASE("an upper layer that fails keeps what lies below it for the next try") {
  SolverFixture k;
  source::FoundImage image = image_of(k, {kBase, kTop});
  source::FoundImage broken = image;
  broken.config.diff_ids[1] = oci::DiffId(Digest::of("something else"));
  CHECK_THROWS_AS(unpack(k, broken), Error);
  REQUIRE(k.store.snapshots().list().size() == 1);
  SnapshotId base = k.store.snapshots().list()[0].id;
  CHECK(k.store.snapshots().find(unpack(k, image))->parent == base);
}

TEST_CASE("unpacking stops when the build does") {
  SolverFixture k;
  std::stop_source stop;
  stop.request_stop();
  try {
    unpack(k, image_of(k, {kBase}), stop.get_token());
    FAIL("unpacked");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kCancelled);
  }
  CHECK(k.store.snapshots().list().empty());
}

TEST_CASE("an image without layers has no snapshot, and is known all the same") {
  SolverFixture k;
  CHECK(unpack(k, image_of(k, {}, "empty")).is_empty_root());
  CHECK(k.store.images().find("empty"));
}
