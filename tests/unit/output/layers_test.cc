// SPDX-License-Identifier: Apache-2.0
//
// From snapshots to layers, archives and trees, all of it on a real store.
#include "output/layers.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/json.h"
#include "base/sys/process.h"
#include "output/archive.h"
#include "output/compose.h"
#include "output/manifest.h"
#include "output/tree.h"
#include "snapshots/overlay_snapshotter.h"
#include "tests/support/recording_sink.h"
#include "tests/support/string_sink.h"
#include "tests/support/temp_tree.h"

using namespace cairn;
using namespace cairn::output;
using cairn::test::TempTree;

using test::StringSink;

namespace {

using Files = std::map<std::string, std::string>;

struct Workbench {
  TempTree dir;
  TempTree out;
  store::Store store = store::Store::open(dir.root());
  snapshots::OverlaySnapshotter snapshotter{store};
  LayerStore layers{store, snapshotter};

  // Every file changed at second 5000.
  SnapshotId snapshot(const Files& files, const SnapshotId& parent = SnapshotId::empty_root()) {
    SnapshotId id = SnapshotId::random();
    std::string path = "snapshots/" + id.text();
    dir.dir(path);
    for (const auto& [name, text] : files) {
      dir.file(path + "/" + name, text);
      dir.mtime(path + "/" + name, 5000);
    }
    dir.mtime(path, 5000);
    store.snapshots().add({.id = id, .parent = parent, .created = {.seconds = 5000}});
    return id;
  }

  ArchivedImage image(const std::vector<SnapshotId>& snapshots,
                      const std::vector<std::string>& names, const BlobOptions& options = {}) {
    Composition composition{.config = {}, .base = nullptr, .lines = {}, .epoch = {}};
    composition.config.platform = oci::Platform::parse("linux/amd64");
    for (const SnapshotId& id : snapshots) composition.lines.push_back({"RUN", "", id});
    ComposedImage composed = compose(layers, std::move(composition));
    ArchivedImage archived{
        .image = {.manifest = {.config = {.media_type = "", .digest = composed.id}, .layers = {}},
                  .manifest_bytes = {},
                  .descriptor = {.media_type = "", .digest = composed.id},
                  .config = {}},
        .names = {}};
    for (const std::string& name : names) archived.names.push_back(oci::Reference::parse(name));
    record_image(store, composed, archived.names);
    archived.image = export_manifest(layers, composed.id, options);
    return archived;
  }

  std::string blob(const oci::Descriptor& blob) {
    sys::Fd file = store.blobs().open(blob.digest);
    sys::FdSource bytes(file);
    StringSink out;
    copy_all(*decompressing(bytes), out);
    return out.text;
  }

  using Write = void (*)(store::Store&, const std::vector<ArchivedImage>&, ByteSink&);
  std::string archive(Write write, const std::vector<ArchivedImage>& images) {
    StringSink sink;
    write(store, images, sink);
    return std::move(sink.text);
  }
};

// The bytes of one member of a tar, as the host's tar reads it.
std::string member(const std::string& tar, const std::string& name) {
  TempTree tree;
  tree.file("a.tar", tar);
  auto result = sys::run_command({"tar", "-xOf", tree.at("a.tar"), name});
  CHECK(result.status.ok());
  return result.output;
}

std::string listing(const std::string& tar, const char* flags = "-tf") {
  TempTree tree;
  tree.file("a.tar", tar);
  return sys::run_command({"tar", flags, tree.at("a.tar")}).output;
}

}  // namespace

TEST_CASE("a layer that is made is told once: its snapshot, diffID, sizes, and its blob") {
  Workbench w;
  test::RecordingSink sink;
  LayerStore layers{w.store, w.snapshotter, &sink};
  LayerView view{.snapshot = w.snapshot({{"f", "text"}})};
  oci::DiffId id = layer_diff_id(layers, view);
  layer_diff_id(layers, view);
  oci::Descriptor blob = layer_blob(layers, id, view, {});
  layer_blob(layers, id, view, {});
  auto made = sink.all<progress::LayerMade>();
  REQUIRE(made.size() == 2);
  for (const progress::LayerMade& one : made) {
    CHECK(one.snapshot == view.snapshot.text());
    CHECK(one.diff_id == id.digest());
    CHECK(one.size == static_cast<std::int64_t>(w.blob(blob).size()));
  }
  CHECK(!made[0].blob);
  REQUIRE(made[1].blob);
  CHECK(made[1].blob->digest == blob.digest);
  CHECK(made[1].blob->size == blob.size);
}

TEST_CASE("a layer that is prepared with its blob is told with it") {
  Workbench w;
  test::RecordingSink sink;
  LayerStore layers{w.store, w.snapshotter, &sink};
  LayerView view{.snapshot = w.snapshot({{"f", "text"}})};
  prepare_layer(layers, view, BlobOptions(), {});
  auto made = sink.all<progress::LayerMade>();
  REQUIRE(made.size() == 1);
  CHECK(made[0].diff_id == layer_diff_id(layers, view).digest());
  CHECK(made[0].blob);
}

TEST_CASE("a layer's diffID is the digest of its tar, and is remembered") {
  Workbench w;
  LayerView view{.snapshot = w.snapshot({{"f", "text"}})};
  CHECK(!w.store.snapshots().find_diff_id(view));
  oci::DiffId id = layer_diff_id(w.layers, view);
  CHECK(w.store.snapshots().find_diff_id(view) == id);
  CHECK(w.store.snapshots().find(view.snapshot)->size > 0);
  CHECK(Digest::of(w.blob(layer_blob(w.layers, id, view, {}))) == id.digest());
  w.dir.file("snapshots/" + view.snapshot.text() + "/f", "changed behind our back");
  CHECK(layer_diff_id(w.layers, view) == id);
}

TEST_CASE("equal snapshots are equal layers, a clamped view of one is another") {
  Workbench w;
  SnapshotId one = w.snapshot({{"f", "text"}}), two = w.snapshot({{"f", "text"}});
  oci::DiffId plain = layer_diff_id(w.layers, {.snapshot = one});
  CHECK(layer_diff_id(w.layers, {.snapshot = two}) == plain);
  CHECK(layer_diff_id(w.layers, {.snapshot = one, .clamp = Clamp::at(9000)}) == plain);
  CHECK(layer_diff_id(w.layers, {.snapshot = one, .clamp = Clamp::at(4000)}) != plain);
}

TEST_CASE("a layer holds what it adds to its parent and nothing of the parent") {
  Workbench w;
  SnapshotId base = w.snapshot({{"below", "x"}});
  LayerView view{.snapshot = w.snapshot({{"above", "y"}}, base)};
  std::string names =
      listing(w.blob(layer_blob(w.layers, layer_diff_id(w.layers, view), view, {})));
  CHECK(names.find("above") != std::string::npos);
  CHECK(names.find("below") == std::string::npos);
}

TEST_CASE("a layer's blob is made once, and again only when another compression is forced") {
  Workbench w;
  LayerView view{.snapshot = w.snapshot({{"f", std::string(10'000, 'x')}})};
  oci::DiffId id = layer_diff_id(w.layers, view);
  oci::Descriptor gzip = layer_blob(w.layers, id, view, {});
  CHECK(gzip.media_type == oci::kOciLayerGzip);
  CHECK(layer_blob(w.layers, id, std::nullopt, {}) == gzip);
  CHECK(layer_blob(w.layers, id, view, {.compression = Compression::kZstd}) == gzip);
  oci::Descriptor zstd =
      layer_blob(w.layers, id, std::nullopt, {.compression = Compression::kZstd, .force = true});
  CHECK(zstd.media_type == oci::kOciLayerZstd);
  CHECK(zstd.digest != gzip.digest);
  CHECK(w.blob(zstd) == w.blob(gzip));
  CHECK(w.store.layer_blobs().find(id).size() == 2);
}

TEST_CASE("what is prepared of a layer is what would be made of it later") {
  Workbench w;
  Files files = {{"f", std::string(10'000, 'x')}};
  LayerView later{.snapshot = w.snapshot(files)}, early{.snapshot = w.snapshot(files)};
  prepare_layer(w.layers, early, BlobOptions{}, {});
  std::optional<oci::DiffId> id = w.store.snapshots().find_diff_id(early);
  REQUIRE(id);
  CHECK(w.store.snapshots().find(early.snapshot)->size > 10'000);
  std::vector<oci::Descriptor> made = w.store.layer_blobs().find(*id);
  REQUIRE(made.size() == 1);
  CHECK(layer_diff_id(w.layers, later) == *id);
  CHECK(layer_blob(w.layers, *id, early, {}) == made[0]);
  prepare_layer(w.layers, later, BlobOptions{.compression = Compression::kZstd}, {});
  CHECK(w.store.layer_blobs().find(*id) == made);
}

TEST_CASE("what nobody waits for any more is not prepared to the end") {
  Workbench w;
  LayerView view{.snapshot = w.snapshot({{"f", "text"}})};
  std::stop_source stop;
  stop.request_stop();
  for (const std::optional<BlobOptions>& blob : {std::optional<BlobOptions>(), {BlobOptions{}}}) {
    CHECK_THROWS_AS(prepare_layer(w.layers, view, blob, stop.get_token()), Error);
  }
  CHECK(!w.store.snapshots().find_diff_id(view));
  CHECK(sys::list_dir(sys::open_path(w.store.tmp_dir(), O_RDONLY | O_DIRECTORY)).empty());
}

TEST_CASE("a layer that came from elsewhere is compressed anew from its own bytes") {
  Workbench w;
  LayerView view{.snapshot = w.snapshot({{"f", "x"}})};
  std::string tar = "as some other tool wrote it";
  Digest digest = w.store.blobs().put(tar);
  oci::DiffId id(digest);
  w.store.snapshots().set_diff_id(view, id, 27);
  w.store.layer_blobs().add(
      id, {.media_type = std::string(oci::kOciLayer), .digest = digest, .size = 27});
  oci::Descriptor zstd =
      layer_blob(w.layers, id, view, {.compression = Compression::kZstd, .force = true});
  CHECK(zstd.media_type == oci::kOciLayerZstd);
  CHECK(w.blob(zstd) == tar);
}

TEST_CASE("the family of the media type follows the wish, the bytes do not") {
  Workbench w;
  LayerView view{.snapshot = w.snapshot({{"f", "x"}})};
  oci::DiffId id = layer_diff_id(w.layers, view);
  oci::Descriptor oci = layer_blob(w.layers, id, view, {});
  oci::Descriptor docker = layer_blob(w.layers, id, view, {.types = MediaTypes::kDocker});
  CHECK(docker.media_type == oci::kDockerLayerGzip);
  CHECK(docker.digest == oci.digest);
}

TEST_CASE("a snapshot that was changed after it was digested is refused, and no blob is left") {
  Workbench w;
  LayerView view{.snapshot = w.snapshot({{"f", "text"}})};
  oci::DiffId id = layer_diff_id(w.layers, view);
  w.dir.file("snapshots/" + view.snapshot.text() + "/f", "evil");
  try {
    layer_blob(w.layers, id, view, {});
    FAIL("made");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kCorrupt);
    CHECK(error.hint().find("--no-cache") != std::string::npos);
  }
  CHECK(w.store.layer_blobs().find(id).empty());
  CHECK(sys::list_dir(sys::open_path(w.store.tmp_dir(), O_RDONLY | O_DIRECTORY)).empty());
}

TEST_CASE("a layer that is nowhere is an error with a way out") {
  Workbench w;
  oci::DiffId unknown(Digest::of("never seen"));
  for (const std::optional<LayerView>& view :
       {std::optional<LayerView>(),
        std::optional<LayerView>({.snapshot = SnapshotId::parse("gone")})}) {
    try {
      layer_blob(w.layers, unknown, view, {});
      FAIL("made");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kCorrupt);
      CHECK(error.hint().find("build") != std::string::npos);
    }
  }
}

TEST_CASE("an archive depends on its images alone, not on their order of making") {
  Workbench first, second;
  auto one = first.image({first.snapshot({{"a", "1"}})}, {"app:1"});
  second.image({second.snapshot({{"other", "x"}})}, {});
  auto two = second.image({second.snapshot({{"a", "1"}})}, {"app:1"});
  for (auto write : {write_oci_archive, write_docker_archive}) {
    std::string bytes = first.archive(write, {one});
    CHECK(bytes.size() % 512 == 0);
    CHECK(Digest::of(bytes) == Digest::of(first.archive(write, {one})));
    CHECK(Digest::of(bytes) == Digest::of(second.archive(write, {two})));
  }
}

TEST_CASE("an OCI archive names its images and holds each blob once") {
  Workbench w;
  SnapshotId base = w.snapshot({{"a", "1"}});
  auto one = w.image({base}, {"app:1", "app:2"});
  auto two = w.image({base, w.snapshot({{"b", "2"}}, base)}, {});
  std::string tar = w.archive(write_oci_archive, {one, two});
  CHECK(member(tar, "oci-layout") == "{\"imageLayoutVersion\":\"1.0.0\"}");
  Json index = parse_json(member(tar, "index.json"), "index");
  REQUIRE(index["manifests"].size() == 3);
  CHECK(index["manifests"][0]["annotations"]["io.containerd.image.name"] ==
        "docker.io/library/app:1");
  CHECK(index["manifests"][1]["annotations"]["org.opencontainers.image.ref.name"] == "2");
  CHECK(!index["manifests"][2]["annotations"].contains("org.opencontainers.image.ref.name"));
  CHECK(index["manifests"][2]["digest"] == two.image.descriptor.digest.str());
  // Two configs, two manifests, two layers; two directories, two files.
  std::string names = listing(tar);
  CHECK(std::count(names.begin(), names.end(), '\n') == 10);
  for (const oci::Descriptor& layer : two.image.manifest.layers) {
    CHECK(Digest::of(member(tar, "blobs/sha256/" + layer.digest.hex())) == layer.digest);
  }
}

TEST_CASE("a docker archive says in docker's words which files an image is made of") {
  Workbench w;
  auto named = w.image({w.snapshot({{"a", "1"}})}, {"app:1", "r.example/x/y:2"});
  auto nameless = w.image({w.snapshot({{"b", "1"}})}, {});
  std::string tar = w.archive(write_docker_archive, {named, nameless});
  Json manifest = parse_json(member(tar, "manifest.json"), "manifest");
  REQUIRE(manifest.size() == 2);
  CHECK(manifest[0]["RepoTags"] == Json({"app:1", "r.example/x/y:2"}));
  CHECK(manifest[1]["RepoTags"].is_null());
  std::string config = member(tar, manifest[0]["Config"].get<std::string>());
  CHECK(Digest::of(config) == named.image.manifest.config.digest);
  CHECK(listing(tar).find(manifest[0]["Layers"][0].get<std::string>()) != std::string::npos);
}

TEST_CASE("a layout directory is added to, and blobs that are there are not written again") {
  Workbench w;
  auto one = w.image({w.snapshot({{"a", "1"}})}, {"app:1"});
  write_oci_layout(w.store, {one}, w.out.at("layout"));
  std::string blob = "layout/blobs/sha256/" + one.image.manifest.layers[0].digest.hex();
  ino_t before = w.out.stat(blob).st_ino;
  auto two = w.image({w.snapshot({{"b", "2"}})}, {"other"});
  write_oci_layout(w.store, {one, two}, w.out.at("layout"));
  CHECK(w.out.stat(blob).st_ino == before);
  CHECK((w.out.stat(blob).st_mode & 07777) == 0644);
  CHECK(Digest::of(w.out.text(blob)) == one.image.manifest.layers[0].digest);
  CHECK(parse_json(w.out.text("layout/index.json"), "index")["manifests"].size() == 2);
  CHECK(sys::list_dir(sys::open_path(w.out.at("layout/blobs/sha256"), O_RDONLY)).size() == 6);
}

TEST_CASE("an image is made whole once, for each family of media types") {
  Workbench w;
  auto image = w.image({w.snapshot({{"a", "1"}})}, {"app"});
  Digest id = image.image.manifest.config.digest;
  CHECK(image.image.manifest.media_type == oci::kOciManifest);
  CHECK(export_manifest(w.layers, id, {}).manifest_bytes == image.image.manifest_bytes);
  ExportedImage docker = export_manifest(w.layers, id, {.types = MediaTypes::kDocker});
  CHECK(docker.manifest.media_type == oci::kDockerManifest);
  CHECK(docker.manifest.config.media_type == oci::kDockerConfig);
  CHECK(docker.manifest.config.digest == id);
  CHECK(w.store.blobs().has(docker.descriptor.digest));
  CHECK_THROWS_AS(export_manifest(w.layers, Digest::of("no image"), {}), Error);
}

TEST_CASE("a tree archive is the merged root, the top layer winning") {
  Workbench w;
  SnapshotId base = w.snapshot({{"etc/f", "old"}, {"etc/kept", "k"}});
  SnapshotId top = w.snapshot({{"etc/f", "new"}}, base);
  StringSink tar;
  write_tree_archive(w.snapshotter, top, std::nullopt, tar);
  CHECK(member(tar.text, "etc/f") == "new");
  CHECK(member(tar.text, "etc/kept") == "k");
}

// X10
TEST_CASE("with an epoch every file of a tree carries it, older ones too") {
  Workbench w;
  SnapshotId snapshot = w.snapshot({{"d/f", "x"}});
  StringSink plain, late;
  write_tree_archive(w.snapshotter, snapshot, std::nullopt, plain);
  write_tree_archive(w.snapshotter, snapshot, Timestamp{.seconds = 86'400 * 366}, late);
  CHECK(late.text != plain.text);
  write_tree_directory(w.snapshotter, snapshot, Timestamp{.seconds = 1234}, w.out.at("to"));
  for (const char* path : {"to/d", "to/d/f"}) {
    CHECK(sys::stat_of(sys::open_path(w.out.at(path), O_RDONLY)).st_mtim.tv_sec == 1234);
  }
}

TEST_CASE("a tree directory keeps what was there and overwrites what has the same name") {
  Workbench w;
  SnapshotId snapshot = w.snapshot({{"bin/app", "new"}});
  w.out.file("to/mine", "kept");
  w.out.file("to/bin/app", "old");
  write_tree_directory(w.snapshotter, snapshot, std::nullopt, w.out.at("to"));
  CHECK(w.out.text("to/bin/app") == "new");
  CHECK(w.out.text("to/mine") == "kept");
  write_tree_directory(w.snapshotter, snapshot, std::nullopt, w.out.at("made/on/the/way"));
  CHECK(w.out.text("made/on/the/way/bin/app") == "new");
}

TEST_CASE("the tree of an image without layers is empty") {
  Workbench w;
  StringSink tar;
  write_tree_archive(w.snapshotter, SnapshotId::empty_root(), std::nullopt, tar);
  CHECK(listing(tar.text).size() <= 3);  // at most the root itself
  write_tree_directory(w.snapshotter, SnapshotId::empty_root(), std::nullopt, w.out.at("empty"));
  CHECK(sys::list_dir(sys::open_path(w.out.at("empty"), O_RDONLY)).empty());
  CHECK(sys::list_dir(sys::open_path(w.store.tmp_dir(), O_RDONLY)).empty());
}
