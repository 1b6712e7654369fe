// SPDX-License-Identifier: Apache-2.0
//
// A client over a FakeTransport, and a small image to serve.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "registry/client.h"
#include "tests/support/fake_transport.h"
#include "tests/support/recording_sink.h"

namespace cairn::test {

struct ServedImage {
  std::string layer = "layer bytes";
  std::string config;
  std::string manifest;

  explicit ServedImage(const std::string& platform = "linux/amd64") {
    oci::ImageConfig image;
    image.platform = oci::Platform::parse(platform);
    image.diff_ids = {oci::DiffId(Digest::of(layer))};
    config = canonical(oci::to_json(image));
    manifest = canonical(oci::to_json(oci::Manifest{.config = describe(config, oci::kOciConfig),
                                                    .layers = {describe(layer, oci::kOciLayer)}}));
  }

  static oci::Descriptor describe(const std::string& bytes, std::string_view type) {
    return {.media_type = std::string(type),
            .digest = Digest::of(bytes),
            .size = static_cast<std::int64_t>(bytes.size())};
  }
  // Serves config, layer and manifest (under its digest and `tag`) below e.g. "https://r.io/v2/a".
  void serve(FakeTransport& transport, const std::string& base, const std::string& tag) const {
    registry::Headers type{{"Content-Type", std::string(oci::kOciManifest)}};
    for (const std::string& name : {tag, Digest::of(manifest).str()}) {
      transport.answer("GET " + base + "/manifests/" + name, {.body = manifest, .headers = type});
    }
    for (const std::string& blob : {config, layer}) {
      transport.answer("GET " + base + "/blobs/" + Digest::of(blob).str(), {.body = blob});
    }
  }
};

struct RegistryFixture {
  FakeTransport transport;
  RecordingSink sink;
  registry::Credentials credentials;
  std::vector<double> sleeps;

  explicit RegistryFixture(std::vector<std::string> files = {},
                           registry::Credentials::Helper helper = {})
      : credentials(std::move(files), std::move(helper)) {}

  registry::Client client(registry::MirrorMap mirrors = {}) {
    return {transport,
            credentials,
            sink,
            {.mirrors = std::move(mirrors),
             .sleep = [this](double seconds, std::stop_token) { sleeps.push_back(seconds); }}};
  }
};

inline std::string read_all(ByteSource& source) {
  std::string out;
  std::byte buffer[7];  // small, so that ends fall between reads
  while (std::size_t count = source.read(buffer)) {
    out.append(reinterpret_cast<const char*>(buffer), count);
  }
  return out;
}

inline const oci::Platform kAmd64 = {.os = "linux", .architecture = "amd64"};

}  // namespace cairn::test
