// SPDX-License-Identifier: Apache-2.0
//
// All files are opened relative to the layout's directory, by names made of digests; nothing in the
// layout chooses a path. Small documents are read and verified whole; layers stream through a
// BlobWriter that knows their digest, so a wrong one never becomes a blob.
#include "source/layout.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/text.h"
#include "oci/limits.h"

namespace cairn::source {
namespace {

constexpr const char* kRefName = "org.opencontainers.image.ref.name";
// O_NONBLOCK: a FIFO in place of a file reads as empty instead of blocking for ever.
constexpr int kToRead = O_RDONLY | O_NONBLOCK;

// Whether the entry has this tag: layouts write it alone, or at the end of a full reference.
bool is_called(const oci::Descriptor& entry, const std::string& tag) {
  auto name = entry.annotations.find(kRefName);
  if (name == entry.annotations.end()) return false;
  return name->second == tag || name->second.ends_with(":" + tag);
}

}  // namespace

ImageLayout::ImageLayout(const std::string& directory) : directory_(directory) {
  std::optional<sys::Fd> dir = sys::find_path(directory, O_RDONLY | O_DIRECTORY);
  std::optional<sys::Fd> index = dir ? sys::find_at(*dir, "index.json", kToRead) : std::nullopt;
  if (!index) {
    throw Error::of(ErrorKind::kUsage, "no OCI image layout at {}: it has no index.json",
                    directory);
  }
  index_ = oci::parse_index(sys::read_all(*index, oci::kMaxManifestSize));
  dir_ = std::move(*dir);
}

oci::Descriptor ImageLayout::find(const std::string& tag,
                                  const std::optional<Digest>& digest) const {
  std::vector<std::string> names;
  for (const oci::Descriptor& entry : index_.manifests) {
    if (digest ? entry.digest == *digest : is_called(entry, tag)) return entry;
    auto name = entry.annotations.find(kRefName);
    names.push_back(name != entry.annotations.end() ? name->second : entry.digest.str());
  }
  // A digest may exist without being listed in index.json.
  if (digest) {
    std::string bytes = read_blob(*digest);
    return {.media_type = "", .digest = *digest, .size = static_cast<std::int64_t>(bytes.size())};
  }
  throw Error::of(ErrorKind::kUsage, "the OCI image layout {} has no image \"{}\"{}", directory_,
                  tag, did_you_mean(tag, names))
      .with_hint("it has: " + join(names, ", "));
}

sys::Fd ImageLayout::open_blob(const Digest& digest) const {
  std::string path = "blobs/sha256/" + digest.hex();
  if (auto blob = sys::find_at(dir_, path.c_str(), kToRead)) return std::move(*blob);
  throw Error::of(ErrorKind::kUsage, "the OCI image layout {} has no blob {}", directory_,
                  digest.str());
}

std::string ImageLayout::read_blob(const Digest& digest) const {
  std::string bytes = sys::read_all(open_blob(digest), oci::kMaxManifestSize);
  if (Digest::of(bytes) == digest) return bytes;
  throw Error::of(ErrorKind::kCorrupt, "{}: blob {} has other bytes", directory_, digest.str());
}

void ImageLayout::import_blob(const oci::Descriptor& blob, store::Store& store) const {
  if (store.blobs().has(blob.digest)) return;
  sys::Fd file = open_blob(blob.digest);
  sys::FdSource source(file);
  store::BlobWriter writer = store.blobs().writer({.digest = blob.digest, .size = blob.size});
  copy_all(source, writer);
  writer.commit();
}

ImageLayout::Found ImageLayout::import_image(const Digest& digest, const oci::Platform& platform,
                                             store::Store& store) const {
  Digest at = digest;
  for (int depth = 0; depth < oci::kMaxIndexDepth; ++depth) {
    std::string bytes = read_blob(at);
    oci::Document document = oci::parse_document(bytes);
    if (const auto* index = std::get_if<oci::Index>(&document)) {
      store.blobs().put(bytes);
      at = oci::select_manifest(*index, platform).digest;
      continue;
    }
    Found found{.manifest = std::get<oci::Manifest>(std::move(document)),
                .manifest_digest = at,
                .config_bytes = {}};
    found.config_bytes = read_blob(found.manifest.config.digest);
    for (const oci::Descriptor& layer : found.manifest.layers) import_blob(layer, store);
    store.blobs().put(bytes);
    store.blobs().put(found.config_bytes);
    return found;
  }
  throw Error::of(ErrorKind::kCorrupt, "{}: indexes nested too deeply", directory_);
}

}  // namespace cairn::source
