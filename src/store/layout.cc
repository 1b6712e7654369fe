// SPDX-License-Identifier: Apache-2.0
//
// The layout's index.json is derived: it is compared with what the database says and replaced by
// rename if it differs. Readers (skopeo, podman) never see half of it.
#include "store/internal/layout.h"

#include "base/error.h"
#include "base/json.h"
#include "base/sys/file.h"
#include "oci/limits.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "store/blob_store.h"
#include "store/internal/database.h"
#include "store/internal/lease.h"

namespace cairn::store {
namespace {

constexpr const char* kRefName = "org.opencontainers.image.ref.name";
constexpr const char* kImageName = "io.containerd.image.name";

struct Entry {
  std::string name;
  Digest manifest;
  oci::Platform platform;
};

// The image's manifest with OCI media types, stored as a second blob if the original has Docker's:
// skopeo and umoci skip entries of Docker's types in a layout, and many images on Docker Hub have
// them. Config and layers are the same bytes under both types.
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

Layout::Layout(Database& database, const BlobStore& blobs, Lease& lease, std::string oci_dir,
               std::string lock_path)
    : database_(database),
      blobs_(blobs),
      lease_(lease),
      oci_dir_(std::move(oci_dir)),
      lock_path_(std::move(lock_path)) {}

void Layout::create() const {
  if (!sys::exists(oci_dir_ + "/oci-layout")) {
    write(oci_dir_ + "/oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  }
  if (!sys::exists(oci_dir_ + "/index.json")) publish();
}

// Written in tmp/, where a sweep removes it if we are killed.
void Layout::write(const std::string& path, const std::string& text) const {
  sys::TempFile file(lease_.work_dir());
  sys::write_all(file.fd(), text);
  sys::chmod_fd(file.fd(), 0600);
  file.commit(path);
}

sys::FileLock Layout::lock() const {
  return sys::FileLock::lock(lock_path_, sys::FileLock::Mode::kExclusive);
}

void Layout::publish() const {
  publish(lock());
}

void Layout::publish(const sys::FileLock&) const {
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
  if (sys::find_file(path) != text) write(path, text);
}

}  // namespace cairn::store
