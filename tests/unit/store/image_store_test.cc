// SPDX-License-Identifier: Apache-2.0
#include "store/image_store.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/json.h"
#include "tests/unit/store/store_fixture.h"

using namespace cairn;
using namespace cairn::store;
using cairn::test::refusal;
using cairn::test::StoreFixture;
using oci::Reference;

namespace {

Image with_names(Image image, const std::vector<std::string>& names) {
  for (const std::string& name : names) image.names.push_back(Reference::parse(name));
  return image;
}

std::vector<std::string> names_of(const std::vector<Reference>& references) {
  std::vector<std::string> out;
  for (const Reference& reference : references) out.push_back(reference.familiar());
  return out;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("an image is found by name, by id and by the start of its id") {
  StoreFixture f;
  ImageStore& images = f.store.images();
  Image image = with_names(f.image({"a"}), {"app:1", "host:5000/x/app"});
  images.add(image);
  for (const std::string& name : {std::string("app:1"), std::string("docker.io/library/app:1"),
                                  image.id.str(), image.id.hex(), image.id.hex().substr(0, 12)}) {
    CAPTURE(name);
    REQUIRE(images.find(name));
    CHECK(images.find(name)->id == image.id);
  }
  CHECK(!images.find("app"));
  CHECK(names_of(images.find(image.id)->names) == Names{"app:1", "host:5000/x/app:latest"});
  CHECK(images.find(image.id)->platform == image.platform);
  CHECK(refusal([&] { images.get("app:2"); }) == "no such image: app:2 (did you mean app:1?)");
}

TEST_CASE("a tag moves to the newer image and leaves the older one without a name") {
  StoreFixture f;
  ImageStore& images = f.store.images();
  Image first = with_names(f.image({"a"}), {"app"});
  Image second = with_names(f.image({"b"}), {"app"});
  images.add(first);
  images.add(second);
  CHECK(images.find("app")->id == second.id);
  CHECK(images.find(first.id)->names.empty());
  CHECK(images.list().size() == 2);
}

TEST_CASE("an id prefix that fits two images is refused and names them") {
  StoreFixture f;
  ImageStore& images = f.store.images();
  Image first = with_names(f.image({"a"}), {"one"});
  images.add(first);
  // Ids are digests: try users until one shares the first digit.
  Image second = f.image({"a"});
  for (int i = 0; second.id == first.id || second.id.hex()[0] != first.id.hex()[0]; ++i) {
    second = f.image({"a"}, std::to_string(i));
  }
  images.add(second);
  std::string prefix = first.id.hex().substr(0, 1);
  std::string text = refusal([&] { images.find(prefix); });
  CHECK(text.starts_with("image id \"" + prefix + "\" is ambiguous; it could be "));
  CHECK(text.find(first.id.hex().substr(0, 12) + " (one:latest)") != std::string::npos);
  CHECK(text.find(second.id.hex().substr(0, 12)) != std::string::npos);
}

TEST_CASE("removing a name keeps the image while another name is left") {
  StoreFixture f;
  ImageStore& images = f.store.images();
  Image image = with_names(f.image({"a"}), {"app:1", "app:2"});
  images.add(image);
  Removed first = images.remove("app:1", Force::kNo);
  CHECK(names_of(first.untagged) == Names{"app:1"});
  CHECK(first.deleted.empty());
  Removed second = images.remove("app:2", Force::kNo);
  CHECK(second.deleted == std::vector{image.id});
  CHECK(!images.find(image.id));
}

TEST_CASE("the digest a pull recorded goes with the last tag of its repository") {
  StoreFixture f;
  ImageStore& images = f.store.images();
  std::string pinned = "app@" + Digest::of("manifest").str();
  images.add(with_names(f.image({"a"}), {"app:1", pinned}));
  CHECK(images.find(pinned));
  CHECK(images.find("app:9@" + Digest::of("manifest").str()));
  CHECK(names_of(images.remove("app:1", Force::kNo).untagged) == Names{"app:1", pinned});
  CHECK(images.list().empty());
}

TEST_CASE("removing by id takes one repository, and more only by force") {
  StoreFixture f;
  ImageStore& images = f.store.images();
  Image image = with_names(f.image({"a"}), {"app:1", "app:2", "other"});
  images.add(image);
  CHECK(refusal([&] {
          images.remove(image.id.hex().substr(0, 12), Force::kNo);
        }).find("has names in 2 repositories") != std::string::npos);
  CHECK(images.remove(image.id.hex(), Force::kYes).untagged.size() == 3);
  CHECK(images.list().empty());
}

TEST_CASE("the layout names whole images only, under references that skopeo takes") {
  StoreFixture f;
  ImageStore& images = f.store.images();
  auto names = [&] {
    Names out;
    Json index = parse_json(sys::read_file(f.store.root() + "/oci/index.json"), "index");
    for (const Json& entry : index["manifests"]) {
      out.push_back(entry["annotations"]["org.opencontainers.image.ref.name"]);
    }
    return out;
  };
  Image image = with_names(f.image({"a", "b"}), {"app:1"});
  images.add(image);
  CHECK(names().empty());
  images.set_manifest(image.id, f.manifest_for(image, {"a", "b"}));
  CHECK(names() == Names{"docker.io/library/app:1"});
  images.tag(image.id, Reference::parse("x/y"));
  CHECK(names() == Names{"docker.io/library/app:1", "docker.io/x/y:latest"});
  images.remove("x/y", Force::kNo);
  CHECK(names() == Names{"docker.io/library/app:1"});
  CHECK(sys::read_file(f.store.root() + "/oci/oci-layout") == R"({"imageLayoutVersion":"1.0.0"})");
}

TEST_CASE("an image with Docker's types has an OCI twin in the layout, which collections keep") {
  StoreFixture f;
  Image image = with_names(f.image({"a"}), {"app:1"});
  image.manifest = f.manifest_for(image, {"a"}, oci::Family::kDocker);
  f.store.images().add(image);
  f.store.collect();
  oci::Index index = oci::parse_index(sys::read_file(f.store.root() + "/oci/index.json"));
  const oci::Descriptor& entry = index.manifests.at(0);
  CHECK(entry.media_type == oci::kOciManifest);
  CHECK(entry.digest != *image.manifest);
  oci::Manifest twin = oci::parse_manifest(f.store.blobs().read(entry.digest, 10000));
  CHECK(twin.config.digest == image.id);
  CHECK(twin.layers.at(0).media_type == oci::kOciLayer);
  CHECK(f.store.images().find("app:1")->manifest == image.manifest);
}

TEST_CASE("a manifest whose layers are not there is not taken") {
  StoreFixture f;
  Image image = with_names(f.image({"a"}), {"app"});
  image.manifest = f.manifest_for(image, {"a"});
  f.store.blobs().remove(Digest::of("a"));
  CHECK(refusal([&] { f.store.images().add(image); }).find("is not in the store") !=
        std::string::npos);
  CHECK(f.store.images().list().empty());
}

TEST_CASE("the layers of an image carry the snapshots that are unpacked") {
  StoreFixture f;
  Image image = f.image({"a", "b"});
  f.store.images().add(image);
  SnapshotId bottom = f.bottom({"a"});
  auto layers = f.store.images().layers(image.id);
  REQUIRE(layers.size() == 2);
  CHECK(layers[0].view == LayerView{.snapshot = bottom});
  CHECK(!layers[1].view);
  CHECK(f.store.images().config(image.id).diff_ids[1] == layers[1].diff_id);
}

TEST_CASE("an image for a platform nobody knows can be listed") {
  StoreFixture f;
  Image image = f.image({});
  image.platform = {.os = "", .architecture = "a b/c"};
  f.store.images().add(image);
  CHECK(f.store.images().list().at(0).platform == image.platform);
}
