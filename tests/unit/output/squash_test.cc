// SPDX-License-Identifier: Apache-2.0
//
// --squash and --squash-all: one layer in the place of several.
#include <doctest/doctest.h>

#include "output/compose.h"
#include "output/manifest.h"
#include "snapshots/overlay_snapshotter.h"
#include "tests/support/temp_tree.h"

using namespace cairn;
using namespace cairn::output;
using cairn::test::TempTree;

namespace {

// A base of two layers, and three steps on it that end where they began but for /app.
struct Bench {
  Bench() {
    bottom = snapshot(SnapshotId::empty_root());
    dir.file(path(bottom) + "/etc/motd", "hello");
    base = snapshot(bottom);
    dir.file(path(base) + "/etc/more", "more");
    config.platform = oci::Platform::parse("linux/amd64");
    ComposedImage image = compose(layers, {.config = config,
                                           .base = nullptr,
                                           .lines = {{"bottom", "", bottom}, {"base", "", base}},
                                           .epoch = {}});
    record_image(store, image, {});
    config = image.config;
    SnapshotId at = base;
    for (int i = 0; i < 3; ++i) steps.push_back(at = snapshot(at));
    dir.file(path(steps[0]) + "/secret", "hush");
    dir.whiteout(path(steps[1]) + "/secret");
    dir.whiteout(path(steps[1]) + "/etc/motd");
    dir.file(path(steps[2]) + "/app", "app");
  }

  SnapshotId snapshot(const SnapshotId& parent) {
    SnapshotId id = SnapshotId::random();
    dir.dir(path(id));
    store.snapshots().add({.id = id, .parent = parent, .created = {.seconds = 5000 + count++}});
    return id;
  }
  static std::string path(const SnapshotId& id) { return "snapshots/" + id.text(); }

  Composition composition(Squash squash, std::size_t count) {
    Composition composition{.config = {}, .base = &config, .lines = {}, .epoch = {}};
    composition.config.platform = config.platform;
    for (std::size_t i = 0; i < count; ++i) composition.lines.push_back({"RUN", "", steps[i]});
    composition.lines.push_back({"CMD", "", {}});
    composition.squash = squash;
    composition.base_snapshot = base;
    return composition;
  }
  ComposedImage build(Squash squash, std::size_t count = 3) {
    return compose(layers, composition(squash, count));
  }

  std::string tar(const ComposedImage& image, std::size_t layer) {
    record_image(store, image, {});
    ExportedImage whole = export_manifest(layers, image.id, {.compression = Compression::kNone});
    return store.blobs().read(whole.manifest.layers[layer].digest, 1 << 20);
  }

  TempTree dir;
  store::Store store = store::Store::open(dir.root());
  snapshots::OverlaySnapshotter snapshotter{store};
  LayerStore layers{store, snapshotter};
  SnapshotId bottom = SnapshotId::empty_root(), base = bottom;
  std::vector<SnapshotId> steps;
  oci::ImageConfig config;
  std::int64_t count = 0;
};

bool holds(const std::string& bytes, const char* text) {
  return bytes.find(text) != std::string::npos;
}

// One letter a line: a layer or an empty one.
std::string shape(const ComposedImage& image) {
  std::string letters;
  for (const oci::History& line : image.config.history) letters += line.empty_layer ? '-' : 'L';
  return letters;
}

}  // namespace

TEST_CASE("the new layers become one above those of the base, which are the same as before") {
  Bench b;
  ComposedImage image = b.build(Squash::kNew);
  REQUIRE(image.config.diff_ids.size() == 3);
  CHECK(image.config.diff_ids[1] == b.config.diff_ids[1]);
  std::string tar = b.tar(image, 2);
  CHECK(holds(tar, "etc/.wh.motd"));
  CHECK(holds(tar, "app"));
  CHECK(!holds(tar, "secret"));
  CHECK(!holds(tar, "more"));
}

TEST_CASE("all layers become one, the base's too") {
  Bench b;
  ComposedImage image = b.build(Squash::kAll);
  CHECK(image.config.diff_ids.size() == 1);
  std::string tar = b.tar(image, 0);
  CHECK(holds(tar, "etc/more"));
  CHECK(holds(tar, "app"));
  CHECK(!holds(tar, "secret"));
  CHECK(!holds(tar, "motd"));
  CHECK(b.build(Squash::kAll, 0).config.diff_ids.size() == 1);  // without a new layer, too
}

TEST_CASE("history keeps its lines, and those that are no empty layers count the layers") {
  Bench b;
  ComposedImage image = b.build(Squash::kNew);
  CHECK(shape(image) == "LL----L");
  CHECK(image.config.history.back().comment == "squashed 3 layers");
  CHECK(image.config.created == Timestamp{.seconds = 5004});
  ComposedImage whole = b.build(Squash::kAll);
  CHECK(shape(whole) == "------L");
  CHECK(whole.config.history.back().comment == "squashed 5 layers");
  CHECK(b.build(Squash::kAll, 0).config.created == Timestamp{.seconds = 5001});
}

TEST_CASE("where there is nothing to merge the image is what it is without") {
  Bench b;
  CHECK(b.build(Squash::kNew, 0).id == b.build(Squash::kNone, 0).id);
  CHECK(b.build(Squash::kNew, 1).id == b.build(Squash::kNone, 1).id);
  ComposedImage empty = compose(
      b.layers, {.config = {}, .base = nullptr, .lines = {}, .epoch = {}, .squash = Squash::kAll});
  CHECK(empty.config.diff_ids.empty());
}

// X06 X11
TEST_CASE("an epoch dates the new line and bounds the files of the one layer") {
  Bench b;
  auto build = [&](const Clamp& clamp) {
    Composition composition = b.composition(Squash::kNew, 3);
    composition.epoch = Timestamp{.seconds = 77};
    composition.clamp = clamp;
    return compose(b.layers, composition);
  };
  CHECK(build(Clamp::at(77)).config.history.back().created == Timestamp{.seconds = 77});
  CHECK(build(Clamp::at(77)).id == build(Clamp::at(77)).id);
  CHECK(build(Clamp::at(77)).config.diff_ids[2] != build({}).config.diff_ids[2]);
}

TEST_CASE("a squashed layer is digested once, and its image is as large as it says") {
  Bench b;
  ComposedImage image = b.build(Squash::kNew);
  record_image(b.store, image, {});
  record_image(b.store, b.build(Squash::kNone), {});
  auto size = [&](const Digest& id) { return b.store.images().find(id)->size; };
  CHECK(size(image.id) < size(b.build(Squash::kNone).id));
  b.dir.file(Bench::path(b.steps[2]) + "/app", "changed behind our back");
  CHECK(b.build(Squash::kNew).id == image.id);
}

TEST_CASE("what is built on a squashed image stands on the snapshots it was made of") {
  Bench b;
  ComposedImage image = b.build(Squash::kNew);
  record_image(b.store, image, {});
  auto layers = b.store.images().layers(image.id);
  REQUIRE(layers.back().view);
  CHECK(layers.back().view->snapshot == b.steps[2]);
  CHECK(b.store.snapshots().stack(layers.back().view->snapshot).size() == 5);
}
