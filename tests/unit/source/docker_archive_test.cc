// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "source/archive_loader.h"
#include "support/fake_transport.h"
#include "tests/unit/source/source_fixture.h"

using namespace cairn;
using namespace cairn::test;
using source::LoadedImage;

namespace {

const std::string kLower = layer_tar("lower");
const std::string kUpper = layer_tar("upper");
const std::string kConfig = config_of({kLower, kUpper});
const std::string kManifest =
    R"([{"Config":"c.json","RepoTags":["app:1","r.io/app:2"],"Layers":["a/layer.tar","b/layer.tar"]}])";

// The layout of `docker save` before version 25, part by part.
TarMaker saved(const std::string& manifest = kManifest, const std::string& config = kConfig) {
  TarMaker tar;
  tar.file("manifest.json", manifest).file("c.json", config);
  tar.dir("a/").file("a/layer.tar", kLower).dir("b/").file("b/layer.tar", kUpper);
  return tar;
}

ErrorKind kind_of(const std::string& bytes) {
  try {
    load(refusing_store(), bytes);
  } catch (const Error& error) {
    return error.kind();
  }
  FAIL("it was loaded");
  return ErrorKind::kBug;
}

bool says(const std::string& text, std::string_view part) {
  INFO(text);
  bool found = text.find(part) != std::string::npos;
  CHECK(found);
  return found;
}

}  // namespace

TEST_CASE("a docker archive gives its image under all its names, with its layers as blobs") {
  StoreToFill f;
  auto loaded = load(f, saved().end());
  REQUIRE(loaded.size() == 1);
  CHECK(loaded[0].id == Digest::of(kConfig));
  REQUIRE(loaded[0].names.size() == 2);
  CHECK(loaded[0].names[1].str() == "r.io/app:2");
  store::Image image = f.store.images().get("app:1");
  CHECK(image.id == loaded[0].id);
  CHECK(!image.manifest);  // its layers are not those of any manifest yet
  CHECK(image.size == static_cast<std::int64_t>(kLower.size() + kUpper.size()));
  for (const std::string& layer : {kLower, kUpper}) {
    auto blobs = f.store.layer_blobs().find(oci::DiffId(Digest::of(layer)));
    REQUIRE(blobs.size() == 1);
    CHECK(blobs[0].digest == Digest::of(layer));
    CHECK(blobs[0].media_type == oci::kOciLayer);
  }
}

TEST_CASE("nothing of an archive is left in the store's services once it is loaded") {
  StoreToFill f;
  load(f, saved().end());
  CHECK(f.leftovers() == 0);
  CHECK(f.blobs() == 3);
}

TEST_CASE("an archive is read through whatever compresses it") {
  for (Compression how : {Compression::kGzip, Compression::kZstd}) {
    StoreToFill f;
    CHECK(load(f, compressed(how, saved().end())).at(0).id == Digest::of(kConfig));
  }
}

TEST_CASE("compressed layers in a docker archive keep their bytes and get their type") {
  struct {
    Compression how;
    std::string_view type;
  } cases[] = {{Compression::kGzip, oci::kOciLayerGzip}, {Compression::kZstd, oci::kOciLayerZstd}};
  for (const auto& c : cases) {
    StoreToFill f;
    std::string blob = compressed(c.how, kLower);
    load(f, TarMaker()
                .file("manifest.json", R"([{"Config":"c","Layers":["l"]}])")
                .file("c", config_of({kLower}))
                .file("l", blob)
                .end());
    auto blobs = f.store.layer_blobs().find(oci::DiffId(Digest::of(kLower)));
    REQUIRE(blobs.size() == 1);
    CHECK(blobs[0].digest == Digest::of(blob));
    CHECK(blobs[0].media_type == c.type);
    CHECK(f.store.images().list().at(0).size == static_cast<std::int64_t>(kLower.size()));
  }
}

TEST_CASE("an image saved by its id has no names, written as null or left out") {
  for (const char* tags : {R"("RepoTags":null,)", R"("RepoTags":[],)", ""}) {
    CAPTURE(tags);
    StoreToFill f;
    auto loaded = load(f, TarMaker()
                              .file("manifest.json", std::string(R"([{"Config":"c",)") + tags +
                                                         R"("Layers":["l"]}])")
                              .file("c", config_of({kLower}))
                              .file("l", kLower)
                              .end());
    CHECK(loaded.at(0).names.empty());
    CHECK(f.store.images().list().at(0).names.empty());
  }
}

TEST_CASE("an archive of several images gives each of them, sharing what they share") {
  StoreToFill f;
  std::string other = config_of({kLower});
  auto loaded =
      load(f, saved(R"([{"Config":"c.json","RepoTags":["two:1"],)"
                    R"("Layers":["a/layer.tar","b/layer.tar"]},)"
                    R"({"Config":"d.json","RepoTags":["one:1"],"Layers":["a/layer.tar"]}])")
                  .file("d.json", other)
                  .end());
  CHECK(loaded.size() == 2);
  CHECK(f.store.images().get("one:1").id == Digest::of(other));
  CHECK(f.store.images().get("two:1").id == Digest::of(kConfig));
  CHECK(f.blobs() == 4);
}

TEST_CASE("a layer may be a link to the same layer elsewhere in the archive") {
  // Old versions of `docker save` linked repeated layers: "../ID/layer.tar".
  std::string config = config_of({kLower, kLower, kLower});
  StoreToFill f;
  auto loaded = load(f, TarMaker()
                            .file("manifest.json", R"([{"Config":"c","Layers":)"
                                                   R"(["a/layer.tar","b/layer.tar","c.tar"]}])")
                            .file("c", config)
                            .symlink("b/layer.tar", "../a/layer.tar")
                            .hard_link("c.tar", "b/layer.tar")
                            .file("a/layer.tar", kLower)
                            .end());
  CHECK(loaded.at(0).id == Digest::of(config));
}

TEST_CASE("names are those of the archive, however they are written") {
  StoreToFill f;
  auto loaded = load(f, TarMaker()
                            .file("./manifest.json", R"([{"Config":"./c","Layers":["x//l"]}])")
                            .file("c", config_of({kLower}))
                            .file("x/./l", kLower)
                            .end());
  CHECK(loaded.at(0).id == Digest::of(config_of({kLower})));
}

TEST_CASE("the last file of a name is the one that counts, as for tar") {
  StoreToFill f;
  auto loaded = load(f, TarMaker()
                            .file("manifest.json", R"([{"Config":"c","Layers":["l"]}])")
                            .file("c", "{}")
                            .file("l", kLower)
                            .file("c", config_of({kLower}))
                            .end());
  CHECK(loaded.at(0).id == Digest::of(config_of({kLower})));
}

TEST_CASE("links select nothing outside the archive, nor go round for ever") {
  struct {
    const char* link;
    const char* target;
  } cases[] = {
      {"a/layer.tar", "/etc/hostname"},      {"a/layer.tar", "../../../../../../etc/hostname"},
      {"a/layer.tar", "a/layer.tar"},        {"a/layer.tar", "layer.tar"},
      {"c.json", "../../proc/self/environ"}, {"manifest.json", "/proc/self/status"}};
  for (const auto& c : cases) {
    CAPTURE(c.target);
    TarMaker tar;
    if (std::string(c.link) != "manifest.json") tar.file("manifest.json", kManifest);
    if (std::string(c.link) != "c.json") tar.file("c.json", kConfig);
    tar.symlink(c.link, c.target).file("b/layer.tar", kUpper);
    std::string text = archive_refusal(tar.end());
    bool missing = text.find("the archive has no \"") != std::string::npos;
    CHECK((missing || text.starts_with("not an image archive")));
  }
}

TEST_CASE("a manifest cannot name a file of the host as config or layer") {
  for (const char* name : {"/etc/passwd", "../../../etc/passwd", "..", "", "/"}) {
    CAPTURE(name);
    std::string quoted = std::string("\"") + name + "\"";
    says(archive_refusal(saved("[{\"Config\":" + quoted + ",\"Layers\":[]}]").end()),
         "the archive has no");
    says(archive_refusal(
             saved("[{\"Config\":\"c.json\",\"Layers\":[\"a/layer.tar\"," + quoted + "]}]").end()),
         "the archive has no");
  }
}

TEST_CASE("a layer that does not unpack to the config's diffID is refused") {
  std::string swapped = R"([{"Config":"c.json","Layers":["b/layer.tar","a/layer.tar"]}])";
  says(archive_refusal(saved(swapped).end()), "a layer unpacks to " + Digest::of(kUpper).str() +
                                                  ", and the config says " +
                                                  Digest::of(kLower).str());
  CHECK(kind_of(saved(swapped).end()) == ErrorKind::kCorrupt);
}

TEST_CASE("config and manifest must agree on how many layers there are") {
  for (const char* layers :
       {"[]", R"(["a/layer.tar"])", R"(["a/layer.tar","b/layer.tar","b/layer.tar"])"}) {
    CAPTURE(layers);
    std::string manifest = std::string(R"([{"Config":"c.json","Layers":)") + layers + "}]";
    says(archive_refusal(saved(manifest).end()), "the config names 2 layers, the archive ");
  }
}

TEST_CASE("a manifest.json of another shape is refused as damaged") {
  for (const char* manifest :
       {"", "{", "{}", "7", "null", "[7]", "[[]]", "[{}]", R"([{"Config":"c.json"}])",
        R"([{"Config":7,"Layers":[]}])", R"([{"Config":"c.json","Layers":"a"}])",
        R"([{"Config":"c.json","Layers":[7]}])", R"([{"Config":"c.json","Layers":{"a":"b"}}])",
        R"([{"Config":"c.json","Layers":[],"RepoTags":[7]}])"}) {
    CAPTURE(manifest);
    CHECK(kind_of(saved(manifest).end()) == ErrorKind::kCorrupt);
  }
}

TEST_CASE("a name that no image can have is refused before anything is stored") {
  StoreToFill f;
  for (const char* each : {"", "app/UPPER", "../x", "a:b:c", "a b", "-x", "a@sha256:0"}) {
    std::string tag = each;
    CAPTURE(tag);
    std::string manifest = R"([{"Config":"c.json","RepoTags":[")" + tag +
                           R"("],"Layers":["a/layer.tar","b/layer.tar"]}])";
    CHECK_THROWS_AS(load(f, saved(manifest).end()), Error);
    CHECK(f.blobs() == 0);
  }
}

TEST_CASE("a config that is none is refused") {
  for (const char* config :
       {"", "[]", "7", R"({"rootfs":7})", R"({"rootfs":{"diff_ids":["x"]}})"}) {
    CAPTURE(config);
    CHECK(kind_of(saved(kManifest, config).end()) == ErrorKind::kCorrupt);
  }
}

TEST_CASE("a file that is no image archive says what it could be") {
  says(archive_refusal(TarMaker().file("etc/motd").end()), "becomes an image with \"import\"");
  says(archive_refusal(std::string(10240, '\0')), "neither index.json nor manifest.json");
}

TEST_CASE("bytes that are no archive are refused, and so are archives cut short") {
  std::string whole = saved().end();
  std::string packed = compressed(Compression::kGzip, whole);
  for (const std::string& bytes :
       {std::string(), std::string("hello"), std::string(4096, 'x'), whole.substr(0, 300),
        whole.substr(0, 700), packed.substr(0, packed.size() / 2)}) {
    CAPTURE(bytes.size());
    CHECK(kind_of(bytes) == ErrorKind::kCorrupt);
  }
}

TEST_CASE("an archive of very many files is refused before they fill the disk's table") {
  TarMaker tar;
  for (int i = 0; i <= 10'000; ++i) tar.symlink("l" + std::to_string(i), "x");
  CHECK(kind_of(tar.file("manifest.json", kManifest).end()) == ErrorKind::kLimit);
}

TEST_CASE("devices, pipes and directories of an archive are passed over") {
  StoreToFill f;
  auto loaded = load(f, saved()
                            .add({.name = "zero", .type = '3', .major = 1, .minor = 5})
                            .add({.name = "pipe", .type = '6'})
                            .dir("manifest.json.d")
                            .end());
  CHECK(loaded.size() == 1);
  says(archive_refusal(TarMaker()
                           .file("manifest.json", R"([{"Config":"c","Layers":["l"]}])")
                           .file("c", config_of({kLower}))
                           .add({.name = "l", .type = '6'})
                           .end()),
       "the archive has no \"l\"");
}

TEST_CASE("an image loaded again is the same image, and takes over a name that moved") {
  StoreToFill f;
  load(f, saved().end());
  load(f, saved().end());
  CHECK(f.store.images().list().size() == 1);
  load(f, TarMaker()
              .file("manifest.json", R"([{"Config":"c","RepoTags":["app:1"],"Layers":["l"]}])")
              .file("c", config_of({kUpper}))
              .file("l", kUpper)
              .end());
  CHECK(f.store.images().get("app:1").id == Digest::of(config_of({kUpper})));
  CHECK(f.store.images().get("r.io/app:2").id == Digest::of(kConfig));
}

TEST_CASE("of members with one name the last counts, be they files or links") {
  StoreToFill f;
  TarMaker tar;
  tar.file("manifest.json", "no JSON")
      .file("a/layer.tar", kUpper)
      .symlink("b/layer.tar", "nowhere");
  tar.file("c.json", kConfig).file("c.json", kConfig).file("manifest.json", kManifest);
  tar.file("lower", kLower).symlink("a/layer.tar", "../lower").file("b/layer.tar", kUpper);
  auto loaded = load(f, tar.end());
  REQUIRE(loaded.size() == 1);
  CHECK(loaded[0].id == Digest::of(kConfig));
  CHECK(f.leftovers() == 0);
}

TEST_CASE("a docker archive that calls its image by a digest is refused") {
  std::string pinned = "app@" + Digest::of("what it is not").str();
  std::string manifest = R"([{"Config":"c.json","RepoTags":[")" + pinned +
                         R"("],"Layers":["a/layer.tar","b/layer.tar"]}])";
  says(archive_refusal(saved(manifest).end()), "refusing to create a tag with a digest reference");
}
