// SPDX-License-Identifier: Apache-2.0
//
// Members of an archive come in any order (manifest.json is last in docker's), so all regular files
// are first laid out in a temporary directory; an image is then put together by name. Docker
// archives are read by manifest.json, OCI archives by index.json, which is preferred, as new docker
// archives have both. A layer is read twice: once to verify its diffID, once to store the blob
// unchanged.
#include "source/archive_loader.h"

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "base/compress.h"
#include "base/error.h"
#include "base/json.h"
#include "base/sys/file.h"
#include "base/text.h"
#include "oci/limits.h"
#include "oci/manifest.h"
#include "source/internal/archive_files.h"
#include "source/tar_input.h"

namespace cairn::source {
namespace {

using internal::ArchiveFiles;

struct Checked {
  Compression compression;
  std::uint64_t tar_size;
};

// Verifies a layer of the archive against its diffID, and determines its compression.
Checked check_layer(const sys::Fd& file, const oci::DiffId& diff_id) {
  std::vector<std::byte> head(8);
  head.resize(sys::read_some(file, head));
  sys::rewind(file);
  sys::FdSource bytes(file);
  auto tar = decompressing(bytes);
  DigestingSink sink;
  copy_all(*tar, sink);
  std::uint64_t size = sink.size();
  if (oci::DiffId found(sink.finish()); found != diff_id) {
    throw Error::of(ErrorKind::kCorrupt, "a layer unpacks to {}, and the config says {}",
                    found.str(), diff_id.str());
  }
  sys::rewind(file);
  return {.compression = sniff_compression(head), .tar_size = size};
}

std::string_view layer_type(Compression compression) {
  switch (compression) {
    case Compression::kGzip: return oci::kOciLayerGzip;
    case Compression::kZstd: return oci::kOciLayerZstd;
    case Compression::kNone: return oci::kOciLayer;
  }
  return oci::kOciLayer;
}

std::int64_t load_layer(store::Store& store, const ArchiveFiles& files, const std::string& name,
                        const oci::DiffId& diff_id, const std::optional<oci::Descriptor>& known) {
  ErrorContext while_here([&] { return "loading layer " + name; });
  sys::Fd file = files.open(name);
  Checked checked = check_layer(file, diff_id);
  store::Expected expected;
  if (known) expected = {.digest = known->digest, .size = known->size};
  store::BlobWriter blob = store.blobs().writer(expected);
  sys::FdSource bytes(file);
  copy_all(bytes, blob);
  store::Blob written = blob.commit();
  oci::Descriptor descriptor =
      known.value_or(oci::Descriptor{.media_type = std::string(layer_type(checked.compression)),
                                     .digest = written.digest,
                                     .size = written.size});
  store.layer_blobs().add(diff_id, descriptor);
  return static_cast<std::int64_t>(checked.tar_size);
}

// An image in either kind of archive.
struct Found {
  std::string config;                                 // name of the file
  std::optional<Digest> id;                           // the config's digest, if the manifest has it
  std::vector<std::string> layers;                    // names, bottom first
  std::vector<std::optional<oci::Descriptor>> blobs;  // from the manifest, if there is one
  std::optional<std::string> manifest;                // its bytes
  std::vector<oci::Reference> names;
};

LoadedImage load_image(store::Store& store, const ArchiveFiles& files, const Found& found,
                       const store::NamedAs& as) {
  std::string bytes = files.read(found.config, oci::kMaxConfigSize);
  if (found.id && Digest::of(bytes) != *found.id) {
    throw Error::of(ErrorKind::kCorrupt, "the archive's {} has other bytes than its name says",
                    found.id->str());
  }
  oci::ImageConfig config = oci::parse_image_config(bytes);
  if (config.diff_ids.size() != found.layers.size()) {
    throw Error::of(ErrorKind::kCorrupt, "the config names {} layers, the archive {}",
                    config.diff_ids.size(), found.layers.size());
  }
  std::int64_t size = 0;
  for (std::size_t i = 0; i < found.layers.size(); ++i) {
    size += load_layer(store, files, found.layers[i], config.diff_ids[i], found.blobs[i]);
  }
  Digest id = store.blobs().put(bytes);
  std::optional<Digest> manifest;
  if (found.manifest) manifest = store.blobs().put(*found.manifest);
  store.images().add({.id = id,
                      .manifest = manifest,
                      .created = config.created.value_or(Timestamp{}),
                      .size = size,
                      .platform = config.platform,
                      .names = found.names},
                     as);
  return {.id = id, .names = found.names};
}

// --- docker archives: manifest.json ---

std::vector<Found> read_docker_manifest(const ArchiveFiles& files) {
  Json json = parse_json(files.read("manifest.json", oci::kMaxManifestSize), "manifest.json");
  std::vector<Found> all;
  if (!json.is_array()) throw Error(ErrorKind::kCorrupt, "manifest.json is not a list");
  reading_json("manifest.json", [&] {
    for (const Json& item : json) {
      Found found{.config = item.at("Config").get<std::string>(),
                  .id = {},
                  .layers = item.at("Layers").get<std::vector<std::string>>(),
                  .blobs = {},
                  .manifest = {},
                  .names = {}};
      found.blobs.resize(found.layers.size());
      Json tags = item.value("RepoTags", Json::array());
      for (const Json& tag : tags) {
        found.names.push_back(oci::Reference::parse_tag(tag.get<std::string>()));
      }
      all.push_back(std::move(found));
    }
  });
  return all;
}

// --- OCI archives: index.json ---

std::string blob_name(const Digest& digest) {
  return "blobs/sha256/" + digest.hex();
}

std::vector<oci::Reference> names_of(const oci::Descriptor& descriptor) {
  for (const char* key : {"io.containerd.image.name", "org.opencontainers.image.ref.name"}) {
    auto value = descriptor.annotations.find(key);
    if (value == descriptor.annotations.end()) continue;
    std::optional<oci::Reference> name = oci::Reference::find(value->second);
    // A bare tag ("latest") is not an image name, and a digest must be that of the entry.
    bool is_name = name && value->second.find_first_of(":/") != std::string::npos;
    if (is_name && name->digest.value_or(descriptor.digest) == descriptor.digest) return {*name};
  }
  return {};
}

// One entry of index.json: an image, or an index with those of its images that the archive
// contains.
struct Entry {
  Digest digest;
  std::vector<Found> images = {};
  bool is_index = false;
  std::vector<oci::Descriptor> others = {};  // further blobs: the index, attestations
  std::set<Digest> seen = {};                // an index may name the same digest many times
};

std::string read_document(const ArchiveFiles& files, const Digest& digest) {
  std::string bytes = files.read_counted(blob_name(digest), oci::kMaxManifestSize);
  if (Digest::of(bytes) == digest) return bytes;
  throw Error::of(ErrorKind::kCorrupt, "the archive's {} has other bytes than its name says",
                  digest.str());
}

oci::Descriptor document_blob(const Digest& digest, const std::string& bytes) {
  return {.media_type = {}, .digest = digest, .size = static_cast<std::int64_t>(bytes.size())};
}

Found found_of(const oci::Manifest& manifest, std::string bytes) {
  Found found{.config = blob_name(manifest.config.digest),
              .id = manifest.config.digest,
              .layers = {},
              .blobs = {},
              .manifest = std::move(bytes),
              .names = {}};
  for (const oci::Descriptor& layer : manifest.layers) {
    found.layers.push_back(blob_name(layer.digest));
    found.blobs.emplace_back(layer);
  }
  return found;
}

// Attestations (platform unknown/unknown) and artifacts belong to their index, but are no images.
bool is_image(const oci::Descriptor& descriptor, const oci::Manifest& manifest) {
  bool is_attestation = descriptor.platform && descriptor.platform->unknown();
  return !is_attestation && manifest.artifact_type.empty();
}

void read_oci_entry(const ArchiveFiles& files, const oci::Descriptor& descriptor, Entry& entry,
                    int depth = 0) {
  if (depth > oci::kMaxIndexDepth)
    throw Error(ErrorKind::kLimit, "the archive's indexes lie too deep");
  if (!entry.seen.insert(descriptor.digest).second) return;
  std::string bytes = read_document(files, descriptor.digest);
  oci::Document document = oci::parse_document(bytes);
  if (const auto* index = std::get_if<oci::Index>(&document)) {
    entry.is_index = true;
    entry.others.push_back(document_blob(descriptor.digest, bytes));
    for (const oci::Descriptor& each : index->manifests) {
      // An archive for one platform may contain the index of all platforms.
      if (files.has(blob_name(each.digest))) read_oci_entry(files, each, entry, depth + 1);
    }
    if (entry.images.empty() && depth == 0) {
      // Throws the better error: the platforms it has, or the missing file.
      read_document(files, oci::select_manifest(*index, oci::Platform::host()).digest);
      throw Error::of(ErrorKind::kCorrupt, "index {} has no image", descriptor.digest);
    }
    return;
  }
  const auto& manifest = std::get<oci::Manifest>(document);
  if (depth == 0 || is_image(descriptor, manifest)) {
    entry.images.push_back(found_of(manifest, std::move(bytes)));
    return;
  }
  entry.others.push_back(document_blob(descriptor.digest, bytes));
  entry.others.push_back(manifest.config);
  entry.others.insert(entry.others.end(), manifest.layers.begin(), manifest.layers.end());
}

std::vector<Entry> read_oci_index(const ArchiveFiles& files) {
  oci::Index index = oci::parse_index(files.read("index.json", oci::kMaxManifestSize));
  std::map<Digest, std::vector<oci::Reference>> names;
  std::vector<Entry> all;
  for (const oci::Descriptor& descriptor : index.manifests) {
    auto [known, first] = names.try_emplace(descriptor.digest);
    for (oci::Reference& name : names_of(descriptor)) known->second.push_back(std::move(name));
    if (!first) continue;
    all.push_back({.digest = descriptor.digest});
    read_oci_entry(files, descriptor, all.back());
  }
  std::ranges::sort(all, {}, &Entry::digest);
  for (Entry& entry : all) {
    for (Found& found : entry.images) found.names = names.at(entry.digest);
  }
  return all;
}

void load_blob(store::Store& store, const ArchiveFiles& files, const oci::Descriptor& blob) {
  std::string name = blob_name(blob.digest);
  if (store.blobs().has(blob.digest) || !files.has(name)) return;
  sys::Fd file = files.open(name);
  sys::FdSource bytes(file);
  store::BlobWriter writer = store.blobs().writer({.digest = blob.digest, .size = blob.size});
  copy_all(bytes, writer);
  writer.commit();
}

std::vector<LoadedImage> load_entry(store::Store& store, const ArchiveFiles& files,
                                    const Entry& entry) {
  for (const oci::Descriptor& blob : entry.others) load_blob(store, files, blob);
  std::vector<LoadedImage> loaded;
  for (const Found& found : entry.images) {
    loaded.push_back(
        load_image(store, files, found, {.digest = entry.digest, .is_index = entry.is_index}));
  }
  // The images of an index share one name, so report one of them.
  if (!loaded.front().names.empty()) loaded.erase(loaded.begin() + 1, loaded.end());
  return loaded;
}

}  // namespace

std::vector<LoadedImage> load_archive(store::Store& store, const sys::Fd& archive) {
  ArchiveFiles files(archive, store.tmp_dir());
  std::vector<LoadedImage> loaded;
  if (files.has("index.json")) {
    for (const Entry& entry : read_oci_index(files)) {
      for (LoadedImage& image : load_entry(store, files, entry)) loaded.push_back(std::move(image));
    }
  } else if (files.has("manifest.json")) {
    for (const Found& found : read_docker_manifest(files)) {
      loaded.push_back(load_image(store, files, found, {}));
    }
  } else {
    throw Error(ErrorKind::kCorrupt, "not an image archive: neither index.json nor manifest.json")
        .with_hint("the tar of a root filesystem becomes an image with \"import\"");
  }
  return loaded;
}

ImportedLayer import_layer(store::Store& store, ByteSource& in) {
  std::unique_ptr<ByteSource> tar = open_tar(in);
  store::BlobWriter blob = store.blobs().writer();
  auto compressor = compressing(Compression::kGzip, blob, std::thread::hardware_concurrency());
  DigestingSink sink(compressor.get());
  copy_all(*tar, sink);
  compressor->finish();
  store::Blob written = blob.commit();
  auto size = static_cast<std::int64_t>(sink.size());
  oci::DiffId diff_id(sink.finish());
  oci::Descriptor descriptor{.media_type = std::string(oci::kOciLayerGzip),
                             .digest = written.digest,
                             .size = written.size};
  store.layer_blobs().add(diff_id, descriptor);
  return {.diff_id = diff_id, .blob = std::move(descriptor), .size = size};
}

}  // namespace cairn::source
