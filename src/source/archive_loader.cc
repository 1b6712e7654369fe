// SPDX-License-Identifier: Apache-2.0
#include "source/archive_loader.h"

#include <fcntl.h>

#include <map>
#include <memory>
#include <thread>

#include "base/compress.h"
#include "base/error.h"
#include "base/json.h"
#include "base/sys/file.h"
#include "base/sys/libarchive.h"
#include "base/text.h"
#include "oci/limits.h"
#include "oci/manifest.h"
#include "oci/platform.h"
#include "source/tar_input.h"

namespace cairn::source {
namespace {

constexpr std::size_t kMaxFiles = 10'000;
constexpr int kMaxLinks = 8;
constexpr int kMaxDepth = 8;  // of indexes in indexes; real ones have one or two

// The regular files of an archive, laid out beside the store under numbers; their names are keys of
// a map and never paths.
class ArchiveFiles {
 public:
  ArchiveFiles(const sys::Fd& from, const std::string& tmp_dir) : dir_(tmp_dir, "load-") {
    std::unique_ptr<archive, int (*)(archive*)> reader(sys::libarchive().archive_read_new(),
                                                       sys::libarchive().archive_read_free);
    sys::libarchive().archive_read_support_format_tar(reader.get());
    sys::libarchive().archive_read_support_filter_all(reader.get());
    if (sys::libarchive().archive_read_open_fd(reader.get(), from.get(), 1 << 20) != ARCHIVE_OK)
      fail(reader.get());
    archive_entry* entry = nullptr;
    while (true) {
      int result = sys::libarchive().archive_read_next_header(reader.get(), &entry);
      if (result == ARCHIVE_EOF) return;
      if (result < ARCHIVE_WARN) fail(reader.get());
      take(reader.get(), entry);
    }
  }

  bool has(const std::string& name) const { return files_.contains(resolve(name)); }

  sys::Fd open(const std::string& name) const {
    auto file = files_.find(resolve(name));
    if (file == files_.end()) {
      throw Error::of(ErrorKind::kCorrupt, "the archive has no \"{}\"", name);
    }
    return sys::open_path(file->second, O_RDONLY);
  }

  std::string read(const std::string& name, std::size_t limit) const {
    ErrorContext while_here([&] { return "reading " + name + " of the archive"; });
    return sys::read_all(open(name), limit);
  }

 private:
  void take(archive* reader, archive_entry* entry) {
    const char* raw = sys::libarchive().archive_entry_pathname(entry);
    std::string name = clean_path(raw != nullptr ? raw : "");
    if (files_.size() + links_.size() >= kMaxFiles) {
      throw Error::of(ErrorKind::kLimit, "more than {} files in an image archive", kMaxFiles);
    }
    if (const char* link = sys::libarchive().archive_entry_symlink(entry)) {
      std::size_t slash = name.rfind('/');
      std::string dir = slash == std::string::npos ? "" : name.substr(0, slash + 1);
      links_[name] = clean_path(dir + link);
    } else if (const char* hard = sys::libarchive().archive_entry_hardlink(entry)) {
      links_[name] = clean_path(hard);
    } else if (sys::libarchive().archive_entry_filetype(entry) == AE_IFREG) {
      std::string path = fmt::format("{}/{}", dir_.path(), files_.size());
      sys::Fd file = sys::open_path(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
      if (sys::libarchive().archive_read_data_into_fd(reader, file.get()) != ARCHIVE_OK)
        fail(reader);
      files_[name] = path;
    }
  }

  std::string resolve(std::string name) const {
    name = clean_path(name);
    for (int i = 0; i < kMaxLinks; ++i) {
      auto link = links_.find(name);
      if (link == links_.end()) break;
      name = link->second;
    }
    return name;
  }

  [[noreturn]] static void fail(archive* reader) {
    const char* reason = sys::libarchive().archive_error_string(reader);
    throw Error::of(ErrorKind::kCorrupt, "not an image archive: {}",
                    reason != nullptr ? reason : "it is not a tar");
  }

  sys::TempDir dir_;
  std::map<std::string, std::string> files_;  // name to path
  std::map<std::string, std::string> links_;
};

struct Checked {
  Compression compression;
  std::uint64_t tar_size;
};

// A layer of the archive into the store, once its bytes are what config and descriptor say.
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

// What both kinds of archive come down to.
struct Found {
  std::string config;                                 // name of the file
  std::optional<Digest> id;                           // the config's, where the manifest says it
  std::vector<std::string> layers;                    // names, bottom first
  std::vector<std::optional<oci::Descriptor>> blobs;  // as the manifest describes them
  std::optional<std::string> manifest;                // its bytes
  std::vector<oci::Reference> names;
};

LoadedImage load_image(store::Store& store, const ArchiveFiles& files, const Found& found) {
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
                      .names = found.names});
  return {.id = id, .names = found.names};
}

// --- docker archives: manifest.json ---

std::vector<Found> read_docker_manifest(const ArchiveFiles& files) {
  Json json = parse_json(files.read("manifest.json", oci::kMaxManifestSize), "manifest.json");
  std::vector<Found> all;
  if (!json.is_array()) throw Error(ErrorKind::kCorrupt, "manifest.json is not a list");
  try {
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
        found.names.push_back(oci::Reference::parse(tag.get<std::string>()));
      }
      all.push_back(std::move(found));
    }
  } catch (const Json::exception& e) {
    throw Error::of(ErrorKind::kCorrupt, "manifest.json: {}", e.what());
  }
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
    // A bare tag ("latest") is no name of an image.
    if (name && value->second.find_first_of(":/") != std::string::npos) return {*name};
  }
  return {};
}

Found read_oci_manifest(const ArchiveFiles& files, const oci::Descriptor& descriptor,
                        int depth = 0) {
  if (depth > kMaxDepth) throw Error(ErrorKind::kLimit, "the archive's indexes lie too deep");
  std::string bytes = files.read(blob_name(descriptor.digest), oci::kMaxManifestSize);
  if (Digest::of(bytes) != descriptor.digest) {
    throw Error::of(ErrorKind::kCorrupt, "the archive's {} has other bytes than its name says",
                    descriptor.digest.str());
  }
  oci::Document document = oci::parse_document(bytes);
  if (const auto* index = std::get_if<oci::Index>(&document)) {
    return read_oci_manifest(files, oci::select_manifest(*index, oci::Platform::host()), depth + 1);
  }
  const auto& manifest = std::get<oci::Manifest>(document);
  Found found{.config = blob_name(manifest.config.digest),
              .id = manifest.config.digest,
              .layers = {},
              .blobs = {},
              .manifest = bytes,
              .names = {}};
  for (const oci::Descriptor& layer : manifest.layers) {
    found.layers.push_back(blob_name(layer.digest));
    found.blobs.emplace_back(layer);
  }
  return found;
}

std::vector<Found> read_oci_index(const ArchiveFiles& files) {
  oci::Index index = oci::parse_index(files.read("index.json", oci::kMaxManifestSize));
  std::map<Digest, Found> by_manifest;
  for (const oci::Descriptor& descriptor : index.manifests) {
    auto [known, first] = by_manifest.try_emplace(descriptor.digest);
    if (first) known->second = read_oci_manifest(files, descriptor);
    for (oci::Reference& name : names_of(descriptor))
      known->second.names.push_back(std::move(name));
  }
  std::vector<Found> all;
  for (auto& entry : by_manifest) all.push_back(std::move(entry.second));
  return all;
}

}  // namespace

std::vector<LoadedImage> load_archive(store::Store& store, const sys::Fd& archive) {
  ArchiveFiles files(archive, store.tmp_dir());
  std::vector<Found> all;
  if (files.has("index.json")) {
    all = read_oci_index(files);
  } else if (files.has("manifest.json")) {
    all = read_docker_manifest(files);
  } else {
    throw Error(ErrorKind::kCorrupt, "not an image archive: neither index.json nor manifest.json")
        .with_hint("the tar of a root filesystem becomes an image with \"import\"");
  }
  std::vector<LoadedImage> loaded;
  for (const Found& found : all) loaded.push_back(load_image(store, files, found));
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
