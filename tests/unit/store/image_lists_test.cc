// SPDX-License-Identifier: Apache-2.0
//
// Names that mean several images, and what a name stands for.
#include <doctest/doctest.h>

#include <memory>

#include "store/image_store.h"
#include "tests/unit/store/store_fixture.h"

using namespace cairn;
using namespace cairn::store;
using cairn::test::refusal;
using cairn::test::StoreFixture;
using oci::Platform;
using oci::Reference;

namespace {

const Platform kHost = Platform::host();
const Platform kOther =
    Platform::parse(kHost.architecture == "arm64" ? "linux/amd64" : "linux/arm64");
const Reference kApp = Reference::parse("app:1");

// An image for this host and one for another, whole, and an index of both.
struct Both : StoreFixture {
  Image ours = image_for(kHost, "ours");
  Image theirs = image_for(kOther, "theirs");
  Digest index = put_index({ours, theirs});

  Image image_for(const Platform& platform, const std::string& layer) {
    Image made = image({layer}, layer);
    made.platform = platform;
    made.manifest = manifest_for(made, {layer});
    return made;
  }
  Digest put_index(const std::vector<Image>& images) {
    oci::Index list{.manifests = {}};
    for (const Image& each : images) {
      list.manifests.push_back({.media_type = std::string(oci::kOciManifest),
                                .digest = *each.manifest,
                                .size = *store.blobs().find_size(*each.manifest),
                                .platform = each.platform});
    }
    return store.blobs().put(canonical(oci::to_json(list)));
  }
  // As a pull of one platform adds it.
  void add(Image image, const std::string& name = "app:1") {
    image.names = {Reference::parse(name)};
    store.images().add(image, {.digest = index, .is_index = true});
  }
  void add_both(const std::string& name = "app:1") {
    add(theirs, name);
    add(ours, name);
  }
  ImageStore& images() { return store.images(); }
};

}  // namespace

TEST_CASE("a name of an index gains the image of each platform, and points at this host's") {
  Both f;
  f.add(f.theirs);
  CHECK(f.images().find(kApp)->id == f.theirs.id);  // there is no other
  f.add(f.ours);
  CHECK(f.images().find(kApp)->id == f.ours.id);
  f.add(f.theirs);
  CHECK(f.images().find(kApp)->id == f.ours.id);
  CHECK(f.images().find(kApp, kOther)->id == f.theirs.id);
  CHECK(f.images().find(kApp, kHost)->id == f.ours.id);
  CHECK(f.images().digest_of(kApp) == f.index);
  CHECK(f.images().list_of(kApp).size() == 2);
  Image theirs = *f.images().find(f.theirs.id);
  CHECK(theirs.names.empty());
  CHECK(theirs.lists == std::vector{kApp});
  CHECK(f.images().find(f.ours.id)->lists.empty());
}

TEST_CASE("a name that moves to another index, or to one image, forgets the list it had") {
  Both f;
  f.add_both();
  Image newer = f.image_for(kOther, "newer");
  f.index = f.put_index({newer});
  f.add(newer);
  CHECK(f.images().list_of(kApp) == std::vector{ListedImage{kOther, newer.id}});
  CHECK(f.images().find(kApp)->id == newer.id);
  newer.names = {kApp};
  f.images().add(newer);
  CHECK(f.images().list_of(kApp).empty());
  CHECK(!f.images().digest_of(kApp));
}

TEST_CASE("a list that was built has no digest until somebody gives it one") {
  Both f;
  f.add(f.ours, "pulled");
  f.add(f.theirs, "pulled");
  std::vector<ListedImage> list = {{kOther, f.theirs.id}, {kHost, f.ours.id}};
  f.images().set_list({kApp}, list);
  CHECK(f.images().find(kApp)->id == f.ours.id);
  CHECK(f.images().list_of(kApp) == list);
  CHECK(!f.images().digest_of(kApp));
  f.images().set_digest(kApp, f.index);
  f.images().set_list({kApp}, list);  // the same again
  CHECK(f.images().digest_of(kApp) == f.index);
  f.images().set_list({kApp}, {list[1]});
  CHECK(!f.images().digest_of(kApp));
  f.images().set_list({kApp}, {});
  CHECK(f.images().list_of(kApp).empty());
  CHECK(f.images().find(kApp)->id == f.ours.id);
}

TEST_CASE("a tag takes what the name it was made from stands for") {
  Both f;
  f.add_both();
  Reference second = Reference::parse("r.io/second");
  f.images().tag(f.ours.id, second, kApp);
  CHECK(f.images().digest_of(second) == f.index);
  CHECK(f.images().list_of(second) == f.images().list_of(kApp));
  f.images().tag(f.ours.id, second);  // by id it is that image
  CHECK(f.images().list_of(second).empty());
  f.images().tag(f.ours.id, kApp, kApp);
  CHECK(f.images().list_of(kApp).size() == 2);
}

TEST_CASE("each name of an image keeps a digest of its own") {
  Both f;
  Digest first = *f.ours.manifest;
  f.ours.names = {kApp};
  f.images().add(f.ours, {.digest = first});
  Digest second = f.manifest_for(f.ours, {"ours"}, oci::Family::kDocker);
  f.ours.names = {Reference::parse("r.io/app:1")};
  f.ours.manifest = second;
  f.images().add(f.ours, {.digest = second});
  CHECK(f.images().digest_of(kApp) == first);
  CHECK(f.images().digest_of(f.ours.names[0]) == second);
  f.store.collect();
  CHECK(f.store.blobs().has(first));
  CHECK(f.store.blobs().has(second));
}

TEST_CASE("a digest finds what a tag of the same repository stands for") {
  Both f;
  f.add_both();
  auto pin = [](const std::string& name, const Digest& digest) {
    return Reference::parse(name + "@" + digest.str());
  };
  CHECK(f.images().find(pin("app", f.index))->id == f.ours.id);
  CHECK(f.images().find(pin("app:9", f.index), kOther)->id == f.theirs.id);
  CHECK(f.images().find(pin("app", *f.theirs.manifest))->id == f.theirs.id);
  CHECK(!f.images().find(pin("other", f.index)));
  CHECK(!f.images().find(pin("app/b", *f.theirs.manifest)));
  CHECK(!f.images().find(pin("app", Digest::of("another"))));
}

TEST_CASE("removing a name takes the images that only its list had") {
  Both f;
  f.add_both();
  f.add_both("app:2");
  Removed first = f.images().remove("app:1", Force::kNo);
  CHECK(first.deleted.empty());
  CHECK(f.images().list().size() == 2);
  Removed second = f.images().remove("app:2", Force::kNo);
  CHECK(second.deleted == std::vector{f.ours.id, f.theirs.id});
  CHECK(f.images().list().empty());
}

TEST_CASE("an image of a list goes by its id only by force, and the list stays without it") {
  Both f;
  f.add_both();
  std::string id = f.theirs.id.hex();
  CHECK(refusal([&] {
          f.images().remove(id, Force::kNo);
        }).find("app:1 means for " + kOther.str()) != std::string::npos);
  CHECK(f.images().remove(id, Force::kYes).deleted == std::vector{f.theirs.id});
  CHECK(f.images().list_of(kApp).size() == 1);
  CHECK(f.images().find(kApp)->id == f.ours.id);
}

TEST_CASE("a collection keeps an index with all that it names, and prunes no part of a list") {
  auto f = std::make_unique<Both>();
  f->add_both();
  Digest loose = f->store.blobs().put("loose"), index = f->index;
  std::vector<Digest> named = {index, *f->ours.manifest, *f->theirs.manifest, Digest::of("theirs")};
  sys::TempDir dir = std::move(f->dir);
  f.reset();
  // What this process used is not chosen, so that one begins which used nothing.
  Store store = Store::open(dir.path());
  store.collect(Pruning{.kept = KeptImages::kTagged});
  CHECK(!store.blobs().has(loose));
  for (const Digest& kept : named) CHECK(store.blobs().has(kept));
  CHECK(store.images().list().size() == 2);
  store.images().remove("app:1", Force::kNo);
  store.collect();
  CHECK(!store.blobs().has(index));
  CHECK(!store.blobs().has(Digest::of("theirs")));
}

TEST_CASE("a manifest that came with an image is not replaced by one that was made") {
  Both f;
  f.images().add(f.ours);
  Digest made = f.manifest_for(f.ours, {"ours"}, oci::Family::kDocker);
  f.images().set_manifest(f.ours.id, made);
  CHECK(f.images().find(f.ours.id)->manifest == f.ours.manifest);
  CHECK(f.images().find(f.ours.id)->manifest_came == true);
  Image built = f.image({"ours"}, "built");
  f.images().add(built);
  f.images().set_manifest(built.id, f.manifest_for(built, {"ours"}));
  Digest second = f.manifest_for(built, {"ours"}, oci::Family::kDocker);
  f.images().set_manifest(built.id, second);
  CHECK(f.images().find(built.id)->manifest == second);
  CHECK(f.images().find(built.id)->manifest_came == false);
}

TEST_CASE("the blob that a layer came as stands before those that were made of it") {
  Both f;
  LayerBlobs& blobs = f.store.layer_blobs();
  oci::DiffId layer(Digest::of("tar"));
  // Some digest of a blob that was made is smaller, whatever it is.
  std::vector<oci::Descriptor> made;
  for (const char* text : {"1", "2", "3"}) {
    made.push_back({.media_type = text, .digest = f.store.blobs().put(text)});
    blobs.add(layer, made.back(), BlobOrigin::kMade);
  }
  oci::Descriptor came{.media_type = "4", .digest = f.store.blobs().put("4")};
  blobs.add(layer, came);
  blobs.add(layer, came, BlobOrigin::kMade);
  CHECK(blobs.find(layer) == std::vector{came, made[0], made[1], made[2]});
}
