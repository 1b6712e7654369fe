// SPDX-License-Identifier: Apache-2.0
#include "output/archive.h"

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "base/sys/copy.h"
#include "base/sys/file.h"
#include "base/sys/libarchive.h"
#include "base/time.h"

namespace cairn::output {
namespace {

constexpr int kBlockSize = 1 << 20;  // written at a time
constexpr const char* kLayoutFile = R"({"imageLayoutVersion":"1.0.0"})";

// All that an archive of these images holds: small files by content, blobs by digest.
struct Contents {
  std::map<std::string, std::string> files;
  std::map<Digest, std::int64_t> blobs;
};

std::string blob_path(const Digest& digest) {
  return "blobs/sha256/" + digest.hex();
}

// X09: one descriptor per name, or one without a name.
void add_descriptors(Json& manifests, oci::Descriptor descriptor,
                     const std::optional<Timestamp>& created,
                     const std::vector<oci::Reference>& names) {
  if (created) descriptor.annotations["org.opencontainers.image.created"] = to_rfc3339(*created);
  if (names.empty()) manifests.push_back(oci::to_json(descriptor));
  for (const oci::Reference& name : names) {
    descriptor.annotations["io.containerd.image.name"] = name.str();
    descriptor.annotations["org.opencontainers.image.ref.name"] = name.tag;
    manifests.push_back(oci::to_json(descriptor));
  }
}

void add_blobs(Contents& contents, const WholeImage& image) {
  contents.blobs[image.descriptor.digest] = image.descriptor.size;
  contents.blobs[image.manifest.config.digest] = image.manifest.config.size;
  for (const oci::Descriptor& layer : image.manifest.layers) {
    contents.blobs[layer.digest] = layer.size;
  }
}

void add_index_json(Contents& contents, Json manifests) {
  Json index{{"schemaVersion", 2},
             {"mediaType", std::string(oci::kOciIndex)},
             {"manifests", std::move(manifests)}};
  contents.files["oci-layout"] = kLayoutFile;
  contents.files["index.json"] = canonical(index);
}

Contents oci_contents(const std::vector<ArchivedImage>& images) {
  Contents contents;
  Json manifests = Json::array();
  for (const ArchivedImage& archived : images) {
    const WholeImage& image = archived.image;
    add_descriptors(manifests, image.descriptor, image.config.created, archived.names);
    add_blobs(contents, image);
  }
  add_index_json(contents, std::move(manifests));
  return contents;
}

Contents oci_contents(const ArchivedIndex& archived) {
  Contents contents;
  std::optional<Timestamp> created;  // the last
  for (const WholeImage& image : archived.index.images) {
    add_blobs(contents, image);
    created = std::max(created, image.config.created);
  }
  const oci::Descriptor& descriptor = archived.index.descriptor;
  contents.files[blob_path(descriptor.digest)] = archived.index.bytes;
  Json manifests = Json::array();
  add_descriptors(manifests, descriptor, created, archived.names);
  add_index_json(contents, std::move(manifests));
  return contents;
}

Contents docker_contents(const std::vector<ArchivedImage>& images) {
  Contents contents = oci_contents(images);
  Json manifest = Json::array();
  for (const ArchivedImage& archived : images) {
    Json layers = Json::array();
    for (const oci::Descriptor& layer : archived.image.manifest.layers) {
      layers.push_back(blob_path(layer.digest));
    }
    Json tags = Json::array();
    for (const oci::Reference& name : archived.names) tags.push_back(name.familiar());
    manifest.push_back({{"Config", blob_path(archived.image.manifest.config.digest)},
                        {"RepoTags", archived.names.empty() ? Json(nullptr) : std::move(tags)},
                        {"Layers", std::move(layers)}});
  }
  contents.files["manifest.json"] = canonical(manifest);
  return contents;
}

class TarWriter {
 public:
  explicit TarWriter(const sys::Fd& out) : archive_(sys::libarchive().archive_write_new()) {
    sys::libarchive().archive_write_set_format_pax_restricted(archive_.get());
    sys::libarchive().archive_write_add_filter_none(archive_.get());
    sys::libarchive().archive_write_set_bytes_per_block(archive_.get(), kBlockSize);
    sys::libarchive().archive_write_set_bytes_in_last_block(archive_.get(), 1);
    check(sys::libarchive().archive_write_open_fd(archive_.get(), out.get()));
  }

  void directory(const std::string& name) { header(name, AE_IFDIR, 0755, 0); }

  void file(const std::string& name, std::string_view text) {
    header(name, AE_IFREG, 0644, static_cast<std::int64_t>(text.size()));
    data(as_bytes(text));
  }

  void file(const std::string& name, const sys::Fd& from, std::int64_t size) {
    header(name, AE_IFREG, 0644, size);
    std::vector<std::byte> buffer(kBlockSize);
    while (std::size_t count = sys::read_some(from, buffer)) {
      data(std::span<const std::byte>(buffer).first(count));
    }
  }

  void finish() { check(sys::libarchive().archive_write_close(archive_.get())); }

 private:
  void header(const std::string& name, unsigned type, int mode, std::int64_t size) {
    std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(
        sys::libarchive().archive_entry_new(), sys::libarchive().archive_entry_free);
    sys::libarchive().archive_entry_set_pathname(entry.get(), name.c_str());
    sys::libarchive().archive_entry_set_filetype(entry.get(), type);
    sys::libarchive().archive_entry_set_perm(entry.get(), static_cast<mode_t>(mode));
    sys::libarchive().archive_entry_set_size(entry.get(), size);
    sys::libarchive().archive_entry_set_mtime(entry.get(), 0, 0);
    check(sys::libarchive().archive_write_header(archive_.get(), entry.get()));
  }

  void data(std::span<const std::byte> bytes) {
    if (sys::libarchive().archive_write_data(archive_.get(), bytes.data(), bytes.size()) < 0)
      check(ARCHIVE_FATAL);
  }

  void check(int result) {
    if (result >= ARCHIVE_WARN) return;
    throw Error::of(ErrorKind::kHost, "write the archive: {}",
                    sys::libarchive().archive_error_string(archive_.get()));
  }

  struct Free {
    void operator()(archive* a) const { sys::libarchive().archive_write_free(a); }
  };
  std::unique_ptr<archive, Free> archive_;
};

void write_archive(store::Store& store, const Contents& contents, const sys::Fd& out) {
  TarWriter tar(out);
  tar.directory("blobs/");
  tar.directory("blobs/sha256/");
  for (const auto& [digest, size] : contents.blobs) {
    tar.file(blob_path(digest), store.blobs().open(digest), size);
  }
  for (const auto& [name, text] : contents.files) tar.file(name, text);
  tar.finish();
}

void write_layout(store::Store& store, const Contents& contents, const std::string& directory) {
  sys::make_dirs(directory + "/blobs/sha256", 0755);
  for (const auto& entry : contents.blobs) {
    std::string path = directory + "/" + blob_path(entry.first);
    if (sys::exists(path)) continue;
    sys::TempFile file(directory + "/blobs/sha256");
    sys::copy_file_contents(store.blobs().open(entry.first), file.fd());
    sys::chmod_fd(file.fd(), 0644);
    file.commit(path);
  }
  // The names last: who reads the index finds all it names.
  for (const auto& [name, text] : contents.files) {
    if (name != "index.json") sys::replace_file(fmt::format("{}/{}", directory, name), text);
  }
  sys::replace_file(directory + "/index.json", contents.files.at("index.json"));
}

}  // namespace

void write_oci_layout(store::Store& store, const std::vector<ArchivedImage>& images,
                      const std::string& directory) {
  write_layout(store, oci_contents(images), directory);
}

void write_oci_layout(store::Store& store, const ArchivedIndex& index,
                      const std::string& directory) {
  write_layout(store, oci_contents(index), directory);
}

void write_oci_archive(store::Store& store, const std::vector<ArchivedImage>& images,
                       const sys::Fd& out) {
  write_archive(store, oci_contents(images), out);
}

void write_oci_archive(store::Store& store, const ArchivedIndex& index, const sys::Fd& out) {
  write_archive(store, oci_contents(index), out);
}

void write_docker_archive(store::Store& store, const std::vector<ArchivedImage>& images,
                          const sys::Fd& out) {
  write_archive(store, docker_contents(images), out);
}

}  // namespace cairn::output
