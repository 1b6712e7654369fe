// SPDX-License-Identifier: Apache-2.0
#include "source/images.h"

#include <doctest/doctest.h>

#include <thread>

#include "source/archive_loader.h"
#include "support/fake_transport.h"
#include "support/recording_sink.h"
#include "tests/unit/source/source_fixture.h"

using namespace cairn;
using namespace cairn::test;
using source::FoundImage;
using source::Images;
using source::Pull;

namespace {

const oci::Platform kAmd64{.os = "linux", .architecture = "amd64"};
const oci::Platform kArm{.os = "linux", .architecture = "arm64"};
const oci::Reference kName = oci::Reference::parse("r.io/app:1");
const std::string kBase = "https://r.io/v2/app";

// What the registry has under r.io/app:1.
struct Remote {
  std::vector<std::string> tars{layer_tar("lower"), layer_tar("upper")};
  std::vector<std::string> blobs{compressed(Compression::kGzip, tars[0]),
                                 compressed(Compression::kGzip, tars[1])};
  std::string config;
  std::string manifest;

  explicit Remote(const std::string& platform = "linux/amd64")
      : config(config_of(tars, platform)),
        manifest(manifest_of(config, blobs, oci::kOciLayerGzip)) {}

  void serve(FakeTransport& transport) const {
    transport.answer("GET " + kBase + "/manifests/1", {.body = manifest});
    serve_blobs(transport);
  }
  void serve_blobs(FakeTransport& transport) const {
    serve_blob(transport, config, config);
    for (const std::string& blob : blobs) serve_blob(transport, blob, blob);
  }
  static void serve_blob(FakeTransport& transport, const std::string& name,
                         const std::string& bytes) {
    transport.answer("GET " + kBase + "/blobs/" + Digest::of(name).str(), {.body = bytes});
  }
};

struct World : StoreToFill {
  FakeTransport transport;
  RecordingSink sink;
  registry::Credentials nobody;
  registry::Client client{transport, nobody, sink, {.sleep = [](double, std::stop_token) {}}};

  Images images(Pull pull = Pull::kWhenMissing) { return Images(store, client, sink, pull); }

  // An image of one layer that was loaded from a file, under r.io/app:1.
  Digest load_local(const std::string& platform = "linux/amd64") {
    std::string tar = layer_tar("local");
    std::string config = config_of({tar}, platform);
    std::string archive =
        TarMaker()
            .file("manifest.json", R"([{"Config":"c","RepoTags":["r.io/app:1"],"Layers":["l"]}])")
            .file("c", config)
            .file("l", tar)
            .end();
    return source::load_archive(store, file(archive)).at(0).id;
  }
  bool asked_for(const std::string& text) const {
    for (const std::string& line : transport.lines()) {
      if (line.find(text) != std::string::npos) return true;
    }
    return false;
  }
};

}  // namespace

TEST_CASE("an image of the store is used without a word to its registry") {
  World w;
  Digest id = w.load_local();
  Remote().serve(w.transport);
  Images images = w.images();
  FoundImage image = images.find(kName, kAmd64);
  CHECK(image.is_local);
  CHECK(image.id == id);
  CHECK(slurp(*images.open_layer(image, 0)) == layer_tar("local"));
  CHECK(w.transport.seen().empty());
}

TEST_CASE("asked to pull always, the registry decides what the name means") {
  World w;
  w.load_local();
  Remote remote;
  remote.serve(w.transport);
  FoundImage image = w.images(Pull::kAlways).find(kName, kAmd64);
  CHECK(!image.is_local);
  CHECK(image.id == Digest::of(remote.config));
}

TEST_CASE("asked to pull always, an absent registry is an error though the store has the image") {
  World w;
  w.load_local();
  CHECK(refusal([&] { w.images(Pull::kAlways).find(kName, kAmd64); }).find("was not found at") !=
        std::string::npos);
}

TEST_CASE("an image of the store for another platform is asked of its registry") {
  World w;
  w.load_local("linux/arm64");
  Remote remote;
  remote.serve(w.transport);
  Images images = w.images();
  CHECK(images.find(kName, kAmd64).id == Digest::of(remote.config));
  CHECK(images.find(kName, kArm).is_local);
}

TEST_CASE("a variant left open fits any, and one that is said only its own") {
  struct {
    const char* have;
    const char* wanted;
    bool fits;
  } cases[] = {{"linux/arm/v7", "linux/arm/v7", true},
               {"linux/arm/v7", "linux/arm/v6", false},
               {"linux/amd64", "linux/amd64", true},
               {"linux/arm64", "linux/amd64", false},
               {"windows/amd64", "linux/amd64", false}};
  for (const auto& c : cases) {
    CAPTURE(c.have);
    CAPTURE(c.wanted);
    World w;
    w.load_local(c.have);
    bool local =
        refusal([&] { w.images().find(kName, oci::Platform::parse(c.wanted)); }) == "accepted";
    CHECK(local == c.fits);
    CHECK(w.transport.seen().empty() == c.fits);
  }
}

TEST_CASE("an image whose layers went away is pulled again") {
  World w;
  w.load_local();
  w.store.blobs().remove(Digest::of(layer_tar("local")));
  Remote remote;
  remote.serve(w.transport);
  CHECK(w.images().find(kName, kAmd64).id == Digest::of(remote.config));
}

TEST_CASE("a name is resolved once, for all who ask") {
  World w;
  Remote().serve(w.transport);
  Images images = w.images();
  images.find(kName, kAmd64);
  std::size_t asked = w.transport.seen().size();
  images.find(kName, kAmd64);
  images.resolve(kName, kAmd64);
  CHECK(w.transport.seen().size() == asked);
}

TEST_CASE("resolving reads manifest and config, and no layer") {
  World w;
  Remote remote;
  remote.serve(w.transport);
  plan::ResolvedImage resolved = w.images().resolve(kName, kAmd64);
  CHECK(resolved.manifest == Digest::of(remote.manifest));
  CHECK(resolved.has_layers);
  for (const std::string& blob : remote.blobs) CHECK(!w.asked_for(Digest::of(blob).hex()));
  CHECK(w.store.images().list().empty());  // until somebody keeps it
}

TEST_CASE("an image of the store goes by its id while it has no manifest") {
  World w;
  Digest id = w.load_local();
  plan::ResolvedImage resolved = w.images().resolve(kName, kAmd64);
  CHECK(resolved.manifest == id);
}

TEST_CASE("a layer read to its end is a blob, and not fetched a second time") {
  World w;
  Remote remote;
  remote.serve(w.transport);
  Images images = w.images();
  FoundImage image = images.find(kName, kAmd64);
  CHECK(slurp(*images.open_layer(image, 1)) == remote.blobs[1]);
  CHECK(w.store.blobs().has(Digest::of(remote.blobs[1])));
  CHECK(!w.store.blobs().has(Digest::of(remote.blobs[0])));
  std::size_t asked = w.transport.seen().size();
  CHECK(slurp(*images.open_layer(image, 1)) == remote.blobs[1]);
  CHECK(w.transport.seen().size() == asked);
  CHECK(w.leftovers() == 0);
}

TEST_CASE("a layer read half way is no blob") {
  World w;
  Remote remote;
  remote.serve(w.transport);
  Images images = w.images();
  FoundImage image = images.find(kName, kAmd64);
  {
    auto source = images.open_layer(image, 0);
    std::byte some[16];
    CHECK(source->read(some) > 0);
  }
  CHECK(!w.store.blobs().has(Digest::of(remote.blobs[0])));
  CHECK(w.leftovers() == 0);
}

TEST_CASE("a damaged layer is refused and leaves no blob") {
  World w;
  Remote remote;
  std::string damaged = remote.blobs[0];
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x40);
  Remote::serve_blob(w.transport, remote.blobs[0], damaged);
  remote.serve(w.transport);
  Images images = w.images();
  FoundImage image = images.find(kName, kAmd64);
  CHECK(refusal([&] { slurp(*images.open_layer(image, 0)); }).find("digest mismatch") !=
        std::string::npos);
  CHECK(!w.store.blobs().has(Digest::of(remote.blobs[0])));
  CHECK(w.leftovers() == 0);
}

TEST_CASE("an image is kept with its manifest only when all its layers are here as blobs") {
  World w;
  Remote remote;
  remote.serve(w.transport);
  Images images = w.images();
  FoundImage image = images.find(kName, kAmd64);
  slurp(*images.open_layer(image, 0));
  images.record_image(image);
  CHECK(!w.store.images().get("r.io/app:1").manifest);
  slurp(*images.open_layer(image, 1));
  images.record_image(image);
  CHECK(w.store.images().get("r.io/app:1").manifest == Digest::of(remote.manifest));
}

TEST_CASE("an image that was kept is local to the next who asks") {
  World w;
  Remote remote;
  remote.serve(w.transport);
  {
    Images images = w.images();
    FoundImage image = images.find(kName, kAmd64);
    for (std::size_t i : {0, 1}) {
      slurp(*images.open_layer(image, i));
      w.store.layer_blobs().add(image.config.diff_ids[i], image.manifest->layers[i]);
    }
    images.record_image(image);
  }
  std::size_t asked = w.transport.seen().size();
  Images later = w.images();
  FoundImage image = later.find(kName, kAmd64);
  CHECK(image.is_local);
  CHECK(image.manifest_digest == Digest::of(remote.manifest));
  CHECK(slurp(*later.open_layer(image, 0)) == remote.blobs[0]);
  CHECK(w.transport.seen().size() == asked);
}

TEST_CASE("keeping an image that is local changes nothing about it") {
  World w;
  w.load_local();
  Images images = w.images();
  FoundImage image = images.find(kName, kAmd64);
  w.store.images().remove("r.io/app:1", store::Force::kNo);
  images.record_image(image);
  CHECK(w.store.images().list().empty());
}

TEST_CASE("a config whose layers are not the manifest's is refused at once") {
  World w;
  Remote remote;
  remote.manifest = manifest_of(remote.config, {remote.blobs[0]}, oci::kOciLayerGzip);
  remote.serve(w.transport);
  CHECK(refusal([&] { w.images().find(kName, kAmd64); }) != "accepted");
  CHECK(w.blobs() == 0);
}

TEST_CASE("an image is found by the start of its id, and by a name nobody has here") {
  World w;
  Digest id = w.load_local();
  Images images = w.images();
  CHECK(images.find_any(id.hex().substr(0, 12), kAmd64).id == id);
  CHECK(images.find_any(id.str(), kAmd64).id == id);
  Remote remote;
  remote.serve(w.transport);
  w.store.images().remove("r.io/app:1", store::Force::kNo);
  CHECK(images.find_any("r.io/app:1", kAmd64).id == Digest::of(remote.config));
}

TEST_CASE("many threads that ask for one name get one answer") {
  World w;
  Remote remote;
  remote.serve(w.transport);
  Images images = w.images();
  std::vector<Digest> ids(8, Digest::of(""));
  std::vector<std::thread> threads;
  for (Digest& id : ids) {
    threads.emplace_back([&] { id = images.find(kName, kAmd64).id; });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Digest& id : ids) CHECK(id == Digest::of(remote.config));
}

TEST_CASE("a name of an index is known by the index, and pinned by it without its registry") {
  World w;
  Remote remote, arm("linux/arm64");
  std::vector<oci::Descriptor> entries = {describe(remote.manifest, oci::kOciManifest),
                                          describe(arm.manifest, oci::kOciManifest)};
  entries[0].platform = kAmd64;
  entries[1].platform = kArm;
  std::string index = canonical(oci::to_json(oci::Index{.manifests = entries}));
  w.transport.answer("GET " + kBase + "/manifests/1", {.body = index});
  for (const Remote* each : {&remote, &arm}) {
    each->serve_blobs(w.transport);
    w.transport.answer("GET " + kBase + "/manifests/" + Digest::of(each->manifest).str(),
                       {.body = each->manifest});
  }
  for (const oci::Platform& platform : {kArm, kAmd64}) {
    Images images = w.images();
    FoundImage image = images.find(kName, platform);
    CHECK(image.digest == Digest::of(index));
    CHECK(images.resolve(kName, platform).digest == Digest::of(index));
    for (std::size_t i : {0, 1}) {
      slurp(*images.open_layer(image, i));
      w.store.layer_blobs().add(image.config.diff_ids[i], image.manifest->layers[i]);
    }
    images.record_image(image);
  }
  std::size_t asked = w.transport.seen().size();
  oci::Reference pinned = oci::Reference::parse("r.io/app@" + Digest::of(index).str());
  for (const oci::Reference& name : {kName, pinned}) {
    Images later = w.images();
    CHECK(later.find(name, kAmd64).id == Digest::of(remote.config));
    CHECK(later.find(name, kArm).id == Digest::of(arm.config));
    CHECK(later.resolve(name, kArm).digest == Digest::of(index));
    CHECK(later.find_any(name.str(), kArm).id == Digest::of(arm.config));
  }
  CHECK(w.transport.seen().size() == asked);
}
