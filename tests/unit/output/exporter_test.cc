// SPDX-License-Identifier: Apache-2.0
//
// Outputs by their interface: the list, an output of a test's own, and images in the store.
#include "output/exporters.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "output/parse_output.h"
#include "snapshots/overlay_snapshotter.h"
#include "tests/support/recording_sink.h"
#include "tests/unit/store/store_fixture.h"

using namespace cairn;
using namespace cairn::output;

namespace {

// type=listing: what was built, a line for each platform. This and its line in kOwnTypes are all
// that a new output takes.
class ListingExporter final : public Exporter {
 public:
  explicit ListingExporter(const OutputSpec& spec) : spec_(spec) {}

  bool needs_namespaces() const override { return false; }

  Exported run(const ExportRequest& request, const ExportServices& services,
               Exported earlier) const override {
    sys::Fd file = sys::open_at(sys::open_path(".", O_PATH), spec_.dest.c_str(),
                                O_WRONLY | O_CREAT | O_TRUNC, 0666 & ~services.umask);
    for (const PlatformResult& result : request.results) {
      sys::write_all(file, result.platform.str() + " " + result.image.id.str() + "\n");
    }
    earlier.metadata["listing"] = spec_.dest;
    return earlier;
  }

 private:
  OutputSpec spec_;
};

std::unique_ptr<Exporter> make_listing_exporter(const OutputSpec& spec) {
  return std::make_unique<ListingExporter>(spec);
}

constexpr ExporterType kOwnTypes[] = {{.name = "listing",
                                       .title = "listing platforms",
                                       .traits = {.dest = OutputTraits::Dest::kFile},
                                       .make = make_listing_exporter}};

// No output of these tests asks a server.
class NoTransport final : public registry::Transport {
 public:
  registry::Response send(const registry::Request& request) override {
    throw Error(ErrorKind::kBug, "asked " + request.url.str());
  }
};

struct Fixture : test::StoreFixture {
  snapshots::OverlaySnapshotter snapshotter{store};
  LayerStore layers{store, snapshotter};
  test::RecordingSink sink;
  NoTransport transport;
  registry::Credentials credentials;
  registry::Client client{transport, credentials, sink};
  registry::HostRules hosts;

  // The result of a build without layers.
  PlatformResult result(const char* platform) {
    Composition composition{.config = {}, .lines = {}, .epoch = {}};
    composition.config.platform = oci::Platform::parse(platform);
    return {.platform = composition.config.platform,
            .image = compose(layers, std::move(composition)),
            .root_snapshot = SnapshotId::empty_root(),
            .epoch = {}};
  }

  Exported run(const std::string& output, const ExportRequest& request, Exported earlier,
               std::span<const ExporterType> types = exporters()) {
    OutputSpec spec = parse_output_spec(output, types);
    progress::VertexScope scope(sink, "exporting");
    ExportServices services{.store = store,
                            .snapshotter = snapshotter,
                            .client = client,
                            .hosts = hosts,
                            .umask = 022,
                            .stop = {},
                            .progress = scope};
    return exporter_of(spec, types).make(spec)->run(request, services, std::move(earlier));
  }
  Exported run(const std::string& output, const ExportRequest& request) {
    return run(output, request, {.id = main_result(request).image.id});
  }
};

bool needs_namespaces(const char* output) {
  OutputSpec spec = parse_output_spec(output);
  return exporter_of(spec).make(spec)->needs_namespaces();
}

}  // namespace

TEST_CASE("an output is an exporter and its line in a list") {
  Fixture f;
  ExportRequest request{.results = {f.result("linux/amd64")}, .names = {}};
  const std::string file = f.dir.path() + "/listing";
  Exported exported =
      f.run("type=listing,dest=" + file, request, {.id = Digest::of("x")}, kOwnTypes);
  CHECK(sys::read_file(file) == "linux/amd64 " + request.results[0].image.id.str() + "\n");
  CHECK(exported.id == Digest::of("x"));
  CHECK(exported.metadata == Json{{"listing", file}});
}

TEST_CASE("options know a type by its line in the list") {
  CHECK(parse_output_spec("type=listing,dest=x", kOwnTypes).is_file());
  auto parse = [](const char* text) {
    return test::refusal([&] { parse_output_spec(text, kOwnTypes); });
  };
  CHECK(parse("type=listing") == "--output: dest= is missing");
  CHECK(parse("type=oci,dest=x").starts_with("--output: unknown type \"oci\""));
}

TEST_CASE("an image that stays in the store enters no namespaces, every other output does") {
  CHECK(!needs_namespaces("type=image"));
  CHECK(!needs_namespaces("type=docker"));  // docker's way to say that it stays
  for (const char* output : {"type=image,push=true", "type=registry", "type=oci,dest=x",
                             "type=oci,tar=false,dest=x", "type=docker,dest=x", "out", "-"}) {
    CAPTURE(output);
    CHECK(needs_namespaces(output));
  }
}

TEST_CASE("an image in the store has the names of the build and those of the output") {
  Fixture f;
  ExportRequest request{.results = {f.result("linux/amd64")},
                        .names = {oci::Reference::parse("app")}};
  const Digest id = request.results[0].image.id;
  Exported exported = f.run("type=image,name=other", request);
  CHECK(f.store.images().get("app").id == id);
  CHECK(f.store.images().get("other").id == id);
  CHECK(exported.id == id);
  CHECK(exported.metadata ==
        Json{{"containerimage.config.digest", id.str()},
             {"image.name", request.names[0].str() + "," + oci::Reference::parse("other").str()}});
}

TEST_CASE("the first output with names says what they mean, and the later ones do not") {
  Fixture f;
  ExportRequest request{.results = {f.result("linux/arm64"), f.result("linux/amd64")},
                        .several = true,
                        .names = {oci::Reference::parse("app")}};
  Exported exported = f.run("type=image", request);
  f.run("type=image", request, exported);
  std::vector<progress::Warning> warnings = f.sink.all<progress::Warning>();
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].message.find("means 2 images in this store") != std::string::npos);
}

TEST_CASE("an index that an output made is the build's id") {
  Fixture f;
  ExportRequest request{
      .results = {f.result("linux/arm64"), f.result("linux/amd64")}, .several = true, .names = {}};
  Exported exported = f.run("type=oci,dest=" + f.dir.path() + "/archive.tar", request);
  CHECK(exported.metadata["containerimage.digest"] == exported.id.str());
  CHECK(exported.metadata["containerimage.descriptor"]["mediaType"] == std::string(oci::kOciIndex));
}

TEST_CASE("a push without a name is refused") {
  Fixture f;
  ExportRequest request{.results = {f.result("linux/amd64")}, .names = {}};
  CHECK(test::refusal([&] { f.run("type=registry", request); }) ==
        "a push needs a name; give one with --tag");
}
