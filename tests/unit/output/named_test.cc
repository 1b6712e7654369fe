// SPDX-License-Identifier: Apache-2.0
#include "output/named.h"

#include <doctest/doctest.h>

#include "base/json.h"
#include "snapshots/overlay_snapshotter.h"
#include "tests/unit/store/store_fixture.h"

using namespace cairn;
using namespace cairn::output;
using cairn::test::StoreFixture;
using oci::Reference;

namespace {

const oci::Platform kAmd64 = oci::Platform::parse("linux/amd64");
const oci::Platform kArm64 = oci::Platform::parse("linux/arm64");

// Images whose one layer came as a blob: the text itself.
struct Shelf : StoreFixture {
  snapshots::OverlaySnapshotter snapshotter{store};
  LayerStore layers{store, snapshotter};

  store::Image came(const std::string& layer, const oci::Platform& platform,
                    oci::Family family = oci::Family::kOci) {
    store::Image made = image({layer}, layer);
    made.platform = platform;
    made.manifest = manifest_for(made, {layer}, family);
    store.layer_blobs().add(
        oci::DiffId(Digest::of(layer)),
        {.media_type = std::string(oci::kOciLayer), .digest = Digest::of(layer), .size = 1});
    return made;
  }
  Digest docker_list(const std::vector<store::Image>& images) {
    oci::Index list{.media_type = std::string(oci::kDockerIndex), .manifests = {}};
    for (const store::Image& each : images) {
      list.manifests.push_back({.media_type = std::string(oci::kDockerManifest),
                                .digest = *each.manifest,
                                .size = 1,
                                .platform = each.platform});
    }
    return store.blobs().put(canonical(oci::to_json(list)));
  }
  void add(store::Image image, const std::string& name, const store::NamedAs& as) {
    image.names = {Reference::parse(name)};
    store.images().add(image, as);
  }
};

Digest digest_of(const Named& named) {
  if (const auto* index = std::get_if<ExportedIndex>(&named.what)) return index->descriptor.digest;
  return std::get<ExportedImage>(named.what).descriptor.digest;
}

}  // namespace

TEST_CASE("an image of docker's types leaves as it came, by every name it got since") {
  Shelf f;
  store::Image image = f.came("a", kAmd64, oci::Family::kDocker);
  f.add(image, "app:1", {.digest = image.manifest});
  f.store.images().tag(image.id, Reference::parse("by-name"), Reference::parse("app:1"));
  f.store.images().tag(image.id, Reference::parse("by-id"));
  for (const std::string& name : {std::string("app:1"), std::string("by-name:latest"),
                                  std::string("by-id"), image.id.hex()}) {
    CAPTURE(name);
    CHECK(digest_of(make_named(f.layers, name)) == image.manifest);
  }
  // Asked for a family, that is what it is.
  CHECK(export_manifest(f.layers, image.id, {}).manifest.media_type == oci::kOciManifest);
  CHECK(digest_of(make_named(f.layers, "by-id")) == image.manifest);
}

TEST_CASE("each name leaves with the manifest that it came with") {
  Shelf f;
  store::Image image = f.came("a", kAmd64);
  Digest first = *image.manifest;
  f.add(image, "app:1", {.digest = first});
  image.manifest = f.manifest_for(image, {"a"}, oci::Family::kDocker);
  f.add(image, "other:1", {.digest = image.manifest});
  CHECK(digest_of(make_named(f.layers, "app:1")) == first);
  CHECK(digest_of(make_named(f.layers, "other:1")) == image.manifest);
}

TEST_CASE("a list that is here whole leaves as it is, else the one image does and says so") {
  Shelf f;
  store::Image amd = f.came("a", kAmd64, oci::Family::kDocker);
  store::Image arm = f.came("b", kArm64, oci::Family::kDocker);
  Digest list = f.docker_list({arm, amd});
  f.add(amd, "app:1", {.digest = list, .is_index = true});
  f.store.blobs().remove(*arm.manifest);
  Named half = make_named(f.layers, "app:1");
  CHECK(half.incomplete == list);
  CHECK(digest_of(half) == amd.manifest);
  f.came("b", kArm64, oci::Family::kDocker);
  f.add(arm, "app:1", {.digest = list, .is_index = true});
  Named whole = make_named(f.layers, "app:1");
  CHECK(!whole.incomplete);
  CHECK(digest_of(whole) == list);
  CHECK(std::get<ExportedIndex>(whole.what).images.size() == 2);
}

TEST_CASE("a list that was built becomes an index in the order of the build") {
  Shelf f;
  store::Image amd = f.came("a", kAmd64), arm = f.came("b", kArm64);
  f.store.images().add(amd);
  f.store.images().add(arm);
  f.store.images().set_list({Reference::parse("app:1")}, {{kArm64, arm.id}, {kAmd64, amd.id}});
  Named named = make_named(f.layers, "app:1");
  const auto& index = std::get<ExportedIndex>(named.what);
  oci::Index parsed = oci::parse_index(index.bytes);
  REQUIRE(parsed.manifests.size() == 2);
  CHECK(parsed.manifests[0].platform == kArm64);
  CHECK(parsed.manifests[0].digest == arm.manifest);
  CHECK(parsed.manifests[1].digest == amd.manifest);
}

TEST_CASE("what was made of a base does not stand for what its layers came as") {
  Shelf f;
  store::Image base = f.came("a", kAmd64);
  f.store.images().add(base);
  oci::Descriptor zstd = layer_blob(f.layers, oci::DiffId(Digest::of("a")), {},
                                    {.compression = Compression::kZstd, .force = true});
  CHECK(zstd.digest != Digest::of("a"));
  store::Image built = f.image({"a"}, "built");
  built.base = base.manifest;
  f.store.images().add(built);
  // Another image came with the same layer, compressed.
  f.store.layer_blobs().add(oci::DiffId(Digest::of("a")), zstd);
  ExportedImage whole = export_manifest(f.layers, built.id, {});
  CHECK(whole.manifest.layers.at(0).digest == Digest::of("a"));
  ExportedImage forced =
      export_manifest(f.layers, built.id, {.compression = Compression::kZstd, .force = true});
  CHECK(forced.manifest.layers.at(0).digest == zstd.digest);
  CHECK(export_manifest(f.layers, built.id, {}).manifest.layers.at(0).digest == Digest::of("a"));
}
