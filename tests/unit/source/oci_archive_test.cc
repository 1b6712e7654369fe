// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "base/json.h"
#include "source/archive_loader.h"
#include "support/fake_transport.h"
#include "tests/unit/source/source_fixture.h"

using namespace cairn;
using namespace cairn::test;
using source::LoadedImage;

namespace {

constexpr const char* kRefName = "org.opencontainers.image.ref.name";
constexpr const char* kImageName = "io.containerd.image.name";

std::string blob_name(const std::string& bytes) {
  return "blobs/sha256/" + Digest::of(bytes).hex();
}

std::string index_of(const std::vector<oci::Descriptor>& entries) {
  return canonical(oci::to_json(oci::Index{.manifests = entries}));
}

// One image, layer by layer, and the archive that holds it.
struct Archived {
  std::string tar = layer_tar("only");
  std::string blob = compressed(Compression::kGzip, tar);
  std::string config = config_of({tar});
  std::string manifest = manifest_of(config, {blob}, oci::kOciLayerGzip);

  oci::Descriptor entry(std::map<std::string, std::string> annotations = {}) const {
    oci::Descriptor descriptor = describe(manifest, oci::kOciManifest);
    descriptor.annotations = std::move(annotations);
    return descriptor;
  }
  TarMaker archive(const std::string& index) const {
    TarMaker out;
    out.file("oci-layout", R"({"imageLayoutVersion":"1.0.0"})").file("index.json", index);
    return blobs(out);
  }
  TarMaker& blobs(TarMaker& out) const {
    return out.file(blob_name(manifest), manifest)
        .file(blob_name(config), config)
        .file(blob_name(blob), blob);
  }
};

std::vector<std::string> names(const LoadedImage& image) {
  std::vector<std::string> out;
  for (const oci::Reference& name : image.names) out.push_back(name.str());
  return out;
}

}  // namespace

TEST_CASE("an OCI archive gives its image with the manifest it came with") {
  Archived image;
  StoreToFill f;
  auto loaded = load(f, image.archive(index_of({image.entry({{kRefName, "r.io/app:1"}})})).end());
  REQUIRE(loaded.size() == 1);
  CHECK(names(loaded[0]) == std::vector<std::string>{"r.io/app:1"});
  store::Image stored = f.store.images().get("r.io/app:1");
  CHECK(stored.manifest == Digest::of(image.manifest));
  CHECK(f.store.blobs().read(Digest::of(image.manifest), 1 << 20) == image.manifest);
  auto blobs = f.store.layer_blobs().find(oci::DiffId(Digest::of(image.tar)));
  REQUIRE(blobs.size() == 1);
  CHECK(blobs[0].digest == Digest::of(image.blob));
  CHECK(blobs[0].media_type == oci::kOciLayerGzip);
}

TEST_CASE("the annotations of an archive name an image; a bare tag names none") {
  using Names = std::vector<std::string>;
  struct {
    std::map<std::string, std::string> annotations;
    Names names;
  } cases[] = {
      {{}, {}},
      {{{kRefName, "latest"}}, {}},
      {{{kRefName, "app:1"}}, {"docker.io/library/app:1"}},
      {{{kRefName, "1"}, {kImageName, "docker.io/library/app:1"}}, {"docker.io/library/app:1"}},
      {{{kRefName, "NOT A NAME/x:"}}, {}},
      {{{"other", "r.io/app:1"}}, {}}};
  for (const auto& c : cases) {
    CAPTURE(canonical(Json(c.annotations)));
    Archived image;
    StoreToFill f;
    CHECK(names(load(f, image.archive(index_of({image.entry(c.annotations)})).end()).at(0)) ==
          c.names);
  }
}

TEST_CASE("an image listed twice is loaded once, under both its names") {
  Archived image;
  StoreToFill f;
  auto loaded = load(f, image
                            .archive(index_of({image.entry({{kRefName, "r.io/app:1"}}),
                                               image.entry({{kRefName, "r.io/app:2"}})}))
                            .end());
  REQUIRE(loaded.size() == 1);
  CHECK(names(loaded[0]) == std::vector<std::string>{"r.io/app:1", "r.io/app:2"});
}

TEST_CASE("an archive that is both kinds at once is read as OCI's") {
  // docker save writes both since version 25; only one of them has the manifest's digest.
  Archived image;
  StoreToFill f;
  std::string docker = R"([{"Config":")" + blob_name(image.config) + R"(","RepoTags":["app:1"],)" +
                       R"("Layers":[")" + blob_name(image.blob) + R"("]}])";
  auto loaded = load(f, image.archive(index_of({image.entry({{kRefName, "r.io/app:1"}})}))
                            .file("manifest.json", docker)
                            .end());
  REQUIRE(loaded.size() == 1);
  CHECK(f.store.images().get("r.io/app:1").manifest == Digest::of(image.manifest));
}

TEST_CASE("an index below the index gives this host's image") {
  Archived image;
  oci::Descriptor ours = image.entry();
  ours.platform = oci::Platform::host();
  oci::Descriptor other = describe("not in the archive", oci::kOciManifest);
  other.platform = oci::Platform::parse("windows/s390x");
  std::string inner = index_of({other, ours});
  oci::Descriptor listed = describe(inner, oci::kOciIndex);
  listed.annotations = {{kRefName, "r.io/app:1"}};
  StoreToFill f;
  auto loaded = load(f, image.archive(index_of({listed})).file(blob_name(inner), inner).end());
  CHECK(loaded.at(0).id == Digest::of(image.config));
  CHECK(names(loaded.at(0)) == std::vector<std::string>{"r.io/app:1"});

  std::string foreign = index_of({other});
  CHECK(archive_refusal(image.archive(index_of({describe(foreign, oci::kOciIndex)}))
                            .file(blob_name(foreign), foreign)
                            .end())
            .find("it has: windows/s390x") != std::string::npos);
}

TEST_CASE("a blob that has other bytes than its name says is refused, whichever it is") {
  Archived image;
  std::string index = index_of({image.entry()});
  auto with = [&](const std::string& victim, const std::string& bytes) {
    return archive_refusal(image.archive(index).file(blob_name(victim), bytes).end());
  };
  CHECK(
      with(image.manifest, manifest_of(image.config, {})).find("other bytes than its name says") !=
      std::string::npos);
  CHECK(with(image.blob, compressed(Compression::kGzip, layer_tar("evil")))
            .find("a layer unpacks to") != std::string::npos);
  // The same tar in another compression has the diffID, and still is not the blob.
  CHECK(with(image.blob, image.tar) != "accepted");
  CHECK(with(image.blob, "\x1f\x8b rubbish") != "accepted");
  CHECK(with(image.blob, image.blob.substr(0, image.blob.size() / 2)) != "accepted");
}

TEST_CASE("a config that was exchanged is refused even where it names the same layers") {
  Archived image;
  std::string evil = config_of({image.tar}, "linux/s390x");
  REQUIRE(evil != image.config);
  StoreToFill f;
  try {
    load(f, image.archive(index_of({image.entry()})).file(blob_name(image.config), evil).end());
    FAIL("it was loaded");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kCorrupt);  // and no fault of ours
    CHECK(error.message().find("other bytes than its name says") != std::string::npos);
  }
  CHECK(f.blobs() == 0);
}

TEST_CASE("an archive without one of its blobs is refused by the name of what is missing") {
  Archived image;
  std::string index = index_of({image.entry()});
  for (const std::string& missing : {image.manifest, image.config, image.blob}) {
    TarMaker tar;
    tar.file("index.json", index);
    for (const std::string& blob : {image.manifest, image.config, image.blob}) {
      if (blob != missing) tar.file(blob_name(blob), blob);
    }
    CHECK(archive_refusal(tar.end()).find("the archive has no \"" + blob_name(missing) + "\"") !=
          std::string::npos);
  }
}

TEST_CASE("an index that is none is refused") {
  Archived image;
  for (const char* index : {"", "[]", "{", R"({"schemaVersion":2})", R"({"manifests":7})",
                            R"({"schemaVersion":2,"manifests":[{"digest":"sha256:zz"}]})"}) {
    CAPTURE(index);
    CHECK(archive_refusal(image.archive(index).end()) != "accepted");
  }
}

TEST_CASE("an index of nothing gives nothing") {
  StoreToFill f;
  CHECK(load(f, Archived().archive(index_of({})).end()).empty());
  CHECK(f.blobs() == 0);
}

TEST_CASE("indexes below indexes without end are refused") {
  Archived image;
  TarMaker tar;
  oci::Descriptor below = image.entry();
  for (int i = 0; i < 100; ++i) {
    below.platform = oci::Platform::host();
    std::string index = index_of({below});
    tar.file(blob_name(index), index);
    below = describe(index, oci::kOciIndex);
  }
  image.blobs(tar);
  CHECK(archive_refusal(tar.file("index.json", index_of({below})).end()).find("too deep") !=
        std::string::npos);
}

TEST_CASE("an archive for several platforms is loaded whole, attestations too, under one name") {
  // The second image differs in its platform alone.
  Archived ours, theirs;
  theirs.config = config_of({theirs.tar}, "linux/s390x");
  theirs.manifest = manifest_of(theirs.config, {theirs.blob}, oci::kOciLayerGzip);
  ours.config = config_of({ours.tar}, oci::Platform::host().str());
  ours.manifest = manifest_of(ours.config, {ours.blob}, oci::kOciLayerGzip);
  std::string statement = "{}";
  std::string attestation = manifest_of(ours.config, {statement}, "application/vnd.in-toto+json");
  std::vector<oci::Descriptor> entries = {theirs.entry(), ours.entry(),
                                          describe(attestation, oci::kOciManifest)};
  entries[0].platform = oci::Platform::parse("linux/s390x");
  entries[1].platform = oci::Platform::host();
  entries[2].platform = oci::Platform{.os = "unknown", .architecture = "unknown"};
  std::string inner = index_of(entries);
  oci::Descriptor listed = describe(inner, oci::kOciIndex);
  listed.annotations = {{kRefName, "r.io/app:1"}};
  TarMaker tar = ours.archive(index_of({listed}));
  theirs.blobs(tar).file(blob_name(inner), inner).file(blob_name(attestation), attestation);
  tar.file(blob_name(statement), statement);

  StoreToFill f;
  auto loaded = load(f, tar.end());
  REQUIRE(loaded.size() == 1);
  CHECK(names(loaded[0]) == std::vector<std::string>{"r.io/app:1"});
  store::ImageStore& images = f.store.images();
  CHECK(images.get("r.io/app:1").id == Digest::of(ours.config));
  oci::Reference name = oci::Reference::parse("r.io/app:1");
  CHECK(images.find(name, oci::Platform::parse("linux/s390x"))->id == Digest::of(theirs.config));
  CHECK(images.list_of(name).size() == 2);
  CHECK(images.digest_of(name) == Digest::of(inner));
  for (const std::string& bytes : {inner, attestation, statement, theirs.manifest}) {
    CHECK(f.store.blobs().has(Digest::of(bytes)));
  }
}

TEST_CASE("an archive names its image by the digest it has, and by no other") {
  Archived image;
  for (const std::string& digest :
       {Digest::of(image.manifest).str(), Digest::of("something else").str()}) {
    StoreToFill f;
    auto loaded =
        load(f, image.archive(index_of({image.entry({{kRefName, "r.io/a@" + digest}})})).end());
    CHECK(loaded.at(0).names.empty() == (digest != Digest::of(image.manifest).str()));
  }
}
