// SPDX-License-Identifier: Apache-2.0
#include "store/internal/layout.h"

#include "base/error.h"
#include "base/json.h"
#include "base/sys/file.h"
#include "oci/limits.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "store/blob_store.h"
#include "store/internal/database.h"

namespace cairn::store {
namespace {

constexpr const char* kRefName = "org.opencontainers.image.ref.name";
constexpr const char* kImageName = "io.containerd.image.name";

struct Entry {
  std::string name;
  Digest manifest;
  oci::Platform platform;
};

// The image's manifest in OCI's dress. skopeo and umoci pass over entries of Docker's types in a
// layout, and most images of Docker Hub have those; config and layers are the same bytes under
// either name.
oci::Descriptor oci_manifest(const BlobStore& blobs, const Digest& digest) {
  std::string bytes = blobs.read(digest, oci::kMaxManifestSize);
  oci::Manifest manifest = oci::parse_manifest(bytes);
  if (manifest.media_type != oci::kOciManifest) {
    manifest.media_type = oci::kOciManifest;
    manifest.config.media_type = oci::in_family(manifest.config.media_type, oci::Family::kOci);
    for (oci::Descriptor& layer : manifest.layers) {
      layer.media_type = oci::in_family(layer.media_type, oci::Family::kOci);
    }
    bytes = canonical(to_json(manifest));
  }
  return {.media_type = manifest.media_type,
          .digest = blobs.put(bytes),
          .size = static_cast<std::int64_t>(bytes.size())};
}

}  // namespace

Layout::Layout(Database& database, const BlobStore& blobs, std::string oci_dir,
               std::string lock_path)
    : database_(database),
      blobs_(blobs),
      oci_dir_(std::move(oci_dir)),
      lock_path_(std::move(lock_path)) {}

void Layout::create() const {
  if (!sys::exists(oci_dir_ + "/oci-layout")) {
    sys::replace_file(oci_dir_ + "/oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  }
  if (!sys::exists(oci_dir_ + "/index.json")) publish();
}

void Layout::publish() const {
  auto lock = sys::FileLock::take(lock_path_, sys::FileLock::Mode::kExclusive);
  auto entries = database_.query(
      "SELECT n.name, i.manifest, i.platform FROM names n JOIN images i ON i.id = n.image "
      "WHERE i.manifest IS NOT NULL AND instr(n.name, '@') = 0 ORDER BY n.name",
      [](Row& row) {
        return Entry{row.text(0), Digest::parse(row.text(1)),
                     oci::parse_platform(parse_json(row.text(2), "a platform"))};
      });
  oci::Index index{.manifests = {}};
  for (const Entry& entry : entries) {
    if (!blobs_.has(entry.manifest)) continue;
    oci::Descriptor descriptor = oci_manifest(blobs_, entry.manifest);
    descriptor.annotations = {{kRefName, entry.name}, {kImageName, entry.name}};
    descriptor.platform = entry.platform;
    index.manifests.push_back(std::move(descriptor));
  }
  std::string text = canonical(to_json(index));
  std::string path = oci_dir_ + "/index.json";
  if (sys::find_file(path) != text) sys::replace_file(path, text);
}

}  // namespace cairn::store
