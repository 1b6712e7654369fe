// SPDX-License-Identifier: Apache-2.0
#include "output/compose.h"

#include <doctest/doctest.h>

#include "base/json.h"
#include "snapshots/overlay_snapshotter.h"
#include "tests/support/temp_tree.h"

using namespace cairn;
using namespace cairn::output;
using cairn::test::TempTree;

namespace {

constexpr std::int64_t kBaseTime = 1000;

struct Builder {
  SnapshotId snapshot(std::int64_t created, const SnapshotId& parent = SnapshotId::empty_root()) {
    SnapshotId id = SnapshotId::random();
    sys::make_dirs(store.snapshots().path(id), 0755);
    store.snapshots().add({.id = id, .parent = parent, .created = {.seconds = created}});
    return id;
  }

  oci::ImageConfig base() {
    oci::ImageConfig config;
    config.diff_ids = {oci::DiffId(Digest::of("base layer"))};
    config.history = {{.created = Timestamp{.seconds = kBaseTime}, .created_by = "base"}};
    return config;
  }

  std::vector<std::int64_t> times(const ComposedImage& image) {
    std::vector<std::int64_t> out;
    for (const oci::History& line : image.config.history) {
      out.push_back(line.created ? line.created->seconds : -1);
    }
    return out;
  }

  TempTree dir;
  store::Store store = store::Store::open(dir.root());
  snapshots::OverlaySnapshotter snapshotter{store};
  LayerStore layers{store, snapshotter};
};

using Times = std::vector<std::int64_t>;

}  // namespace

TEST_CASE(
    "metadata lines take the time of the layer before them, the first ones that of the first") {
  Builder b;
  oci::ImageConfig base = b.base();
  ComposedImage image = compose(b.layers, {.config = {},
                                           .base = &base,
                                           .lines = {{"ENV a", "", {}},
                                                     {"RUN x", "", b.snapshot(2000)},
                                                     {"ENV b", "", {}},
                                                     {"RUN y", "", b.snapshot(3000)},
                                                     {"CMD", "", {}}},
                                           .epoch = {}});
  CHECK(b.times(image) == Times{kBaseTime, 2000, 2000, 2000, 3000, 3000});
  CHECK(image.config.created->seconds == 3000);
  CHECK(image.config.diff_ids.size() == 3);
  CHECK(image.config.history[1].empty_layer);
  CHECK(!image.config.history[2].empty_layer);
}

TEST_CASE("an image that only changes metadata keeps the time of its base") {
  Builder b;
  oci::ImageConfig base = b.base();
  ComposedImage image =
      compose(b.layers, {.config = {}, .base = &base, .lines = {{"ENV a", "", {}}}, .epoch = {}});
  CHECK(b.times(image) == Times{kBaseTime, kBaseTime});
}

// X06
TEST_CASE("of several lines of the base the last gives its time") {
  Builder b;
  oci::ImageConfig base = b.base();
  base.history.push_back({.created = Timestamp{.seconds = kBaseTime + 1}, .empty_layer = true});
  base.history.push_back({.created_by = "without a time", .empty_layer = true});
  ComposedImage image =
      compose(b.layers, {.config = {}, .base = &base, .lines = {{"ENV a", "", {}}}, .epoch = {}});
  CHECK(b.times(image) == Times{kBaseTime, kBaseTime + 1, -1, kBaseTime + 1});
}

// X06
TEST_CASE("an epoch is the time of all new history and leaves the base's alone") {
  Builder b;
  oci::ImageConfig base = b.base();
  base.history[0].created = Timestamp{.seconds = 900'000};
  ComposedImage image = compose(
      b.layers,
      {.config = {},
       .base = &base,
       .lines = {{"ENV", "", {}}, {"RUN", "", b.snapshot(5000)}, {"RUN", "", b.snapshot(3000)}},
       .epoch = Timestamp{.seconds = 4000}});
  CHECK(b.times(image) == Times{900'000, 4000, 4000, 4000});
  CHECK(image.config.created->seconds == 4000);
}

TEST_CASE("the image id is the digest of the config and repeats") {
  Builder b;
  Composition composition{
      .config = {}, .base = nullptr, .lines = {{"RUN", "c", b.snapshot(1)}}, .epoch = {}};
  ComposedImage image = compose(b.layers, composition);
  CHECK(image.id == Digest::of(image.config_bytes));
  CHECK(compose(b.layers, composition).id == image.id);
}

TEST_CASE("a kept image is found by its name with its layers") {
  Builder b;
  SnapshotId snapshot = b.snapshot(1);
  ComposedImage image = compose(
      b.layers, {.config = {}, .base = nullptr, .lines = {{"RUN", "", snapshot}}, .epoch = {}});
  record_image(b.store, image, {oci::Reference::parse("app")});
  auto found = b.store.images().find("app");
  REQUIRE(found);
  CHECK(found->id == image.id);
  CHECK(b.store.images().layers(image.id)[0].view->snapshot == snapshot);
  CHECK(b.store.snapshots().unsynced().empty());
}

// X03
TEST_CASE("lines with a layer that the base does not have become empty ones, from the bottom") {
  Builder b;
  oci::ImageConfig base = b.base();
  base.history.push_back({.created = Timestamp{.seconds = kBaseTime}, .created_by = "too many"});
  base.history.push_back({.created_by = "empty", .empty_layer = true});
  ComposedImage image = compose(
      b.layers,
      {.config = {}, .base = &base, .lines = {{"COPY", "", b.snapshot(2000)}}, .epoch = {}});
  std::vector<bool> empty;
  for (const oci::History& line : image.config.history) empty.push_back(line.empty_layer);
  CHECK(image.config.diff_ids.size() == 2);
  CHECK(empty == std::vector<bool>{false, false, true, true});
}

// X03
TEST_CASE("lines that the base lacks are appended for the topmost layers") {
  Builder b;
  oci::ImageConfig base = b.base();
  base.diff_ids.emplace_back(Digest::of("another layer"));
  base.history.clear();
  ComposedImage image = compose(
      b.layers,
      {.config = {}, .base = &base, .lines = {{"COPY", "", b.snapshot(2000)}}, .epoch = {}});
  std::vector<std::string> lines;
  for (const oci::History& line : image.config.history) {
    CHECK(!line.empty_layer);
    lines.push_back(line.created_by + "|" + line.comment);
  }
  CHECK(lines == std::vector<std::string>{"COPY|", "|buildkit.exporter.image.v0",
                                          "COPY|buildkit.exporter.image.v0"});
  CHECK(b.times(image) == Times{2000, 2000, 2000});
}

// X03 X06
TEST_CASE("a line of the base that is made empty, and those after it, follow the epoch") {
  Builder b;
  oci::ImageConfig base = b.base();
  base.history.push_back({.created = Timestamp{.seconds = 900}, .created_by = "too many"});
  base.history.push_back({.created = Timestamp{.seconds = 900}, .empty_layer = true});
  base.history[0].created = Timestamp{.seconds = 900};
  ComposedImage image = compose(
      b.layers, {.config = {}, .base = &base, .lines = {}, .epoch = Timestamp{.seconds = 500}});
  CHECK(b.times(image) == Times{900, 500, 500});
}
