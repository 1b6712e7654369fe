// SPDX-License-Identifier: Apache-2.0
//
// Contents first, bytes second: an archive is a map of small files and of blobs, and a layout
// directory and a tar are two ways to write it. Both maps are sorted, and every tar entry has the
// same mode, owner and time, so the bytes depend on the images only. The index comes last in a
// layout: until then a reader sees the old one.
#include "output/archive.h"

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "base/attempt.h"
#include "base/error.h"
#include "base/json.h"
#include "base/sys/copy.h"
#include "base/sys/file.h"
#include "base/sys/libarchive.h"
#include "base/time.h"
#include "output/internal/layout_index.h"

namespace cairn::output {
namespace {

constexpr int kBlockSize = 1 << 20;  // bytes for one write
constexpr const char* kLayoutFile = R"({"imageLayoutVersion":"1.0.0"})";

// Everything in an archive of these images: small files by name, blobs by digest.
struct Contents {
  std::map<std::string, std::string> files;
  std::map<Digest, std::int64_t> blobs;
};

std::string blob_path(const Digest& digest) {
  return "blobs/sha256/" + digest.hex();
}

// X09: one descriptor for each name, or a single one without a name.
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

// A map by digest: layers that images share are written once.
void add_blobs(Contents& contents, const ExportedImage& image) {
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

void add_image(Contents& contents, Json& manifests, const ArchivedImage& archived) {
  const ExportedImage& image = archived.image;
  add_descriptors(manifests, image.descriptor, image.config.created, archived.names);
  add_blobs(contents, image);
}

void add_index(Contents& contents, Json& manifests, const ArchivedIndex& archived) {
  std::optional<Timestamp> created;  // that of the youngest image
  for (const ExportedImage& image : archived.index.images) {
    add_blobs(contents, image);
    created = std::max(created, image.config.created);
  }
  const oci::Descriptor& descriptor = archived.index.descriptor;
  contents.files[blob_path(descriptor.digest)] = archived.index.bytes;
  add_descriptors(manifests, descriptor, created, archived.names);
}

Contents oci_contents(const std::vector<ArchivedImage>& images,
                      const std::vector<ArchivedIndex>& indexes = {}) {
  Contents contents;
  Json manifests = Json::array();
  for (const ArchivedImage& image : images) add_image(contents, manifests, image);
  for (const ArchivedIndex& index : indexes) add_index(contents, manifests, index);
  add_index_json(contents, std::move(manifests));
  return contents;
}

Contents oci_contents(const ArchivedIndex& archived) {
  return oci_contents({}, {archived});
}

// An OCI layout plus manifest.json, so that old and new versions of docker load it.
Contents docker_contents(const std::vector<ArchivedImage>& images) {
  Contents contents = oci_contents(images);
  Json manifest = Json::array();
  for (const ArchivedImage& archived : images) {
    Json layers = Json::array();
    for (const oci::Descriptor& layer : archived.image.manifest.layers) {
      // docker load finds the blobs by the paths given here, so they may stay in blobs/.
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
  explicit TarWriter(ByteSink& out) : out_(out), archive_(sys::libarchive().archive_write_new()) {
    sys::libarchive().archive_write_set_format_pax_restricted(archive_.get());
    sys::libarchive().archive_write_add_filter_none(archive_.get());
    sys::libarchive().archive_write_set_bytes_per_block(archive_.get(), kBlockSize);
    sys::libarchive().archive_write_set_bytes_in_last_block(archive_.get(), 1);
    check(sys::libarchive().archive_write_open(archive_.get(), this, nullptr, pass_on, nullptr));
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

  // Called by libarchive, which is C: an exception is kept, and check() throws it again.
  static la_ssize_t pass_on(archive*, void* self, const void* bytes, std::size_t size) {
    auto* writer = static_cast<TarWriter*>(self);
    std::exception_ptr failure = exception_of([&] {
      writer->out_.write({static_cast<const std::byte*>(bytes), size});
    });
    if (!failure) return static_cast<la_ssize_t>(size);
    writer->failure_ = failure;
    return -1;
  }

  void check(int result) {
    if (result >= ARCHIVE_WARN) return;
    if (failure_) std::rethrow_exception(failure_);
    throw Error::of(ErrorKind::kHost, "write the archive: {}",
                    sys::libarchive().archive_error_string(archive_.get()));
  }

  struct Free {
    void operator()(archive* a) const { sys::libarchive().archive_write_free(a); }
  };
  ByteSink& out_;
  std::exception_ptr failure_;
  std::unique_ptr<archive, Free> archive_;
};

// Blobs come first and names last, so a reader that streams finds all that a name needs.
void write_archive(store::Store& store, const Contents& contents, ByteSink& out) {
  TarWriter tar(out);
  tar.directory("blobs/");
  tar.directory("blobs/sha256/");
  for (const auto& [digest, size] : contents.blobs) {
    tar.file(blob_path(digest), store.blobs().open(digest), size);
  }
  for (const auto& [name, text] : contents.files) tar.file(name, text);
  tar.finish();
}

// The largest index.json that is read from an existing layout, in bytes.
constexpr std::size_t kMaxIndex = std::size_t{16} << 20;
constexpr std::chrono::milliseconds kLockPause(20);

// BuildKit locks the same file, so several builds can add to one layout. The lock is held while two
// small files are written.
sys::LockFile lock_layout(const std::string& directory) {
  while (true) {
    if (auto lock = sys::LockFile::try_lock(directory + "/index.json.lock")) {
      return std::move(*lock);
    }
    std::this_thread::sleep_for(kLockPause);
  }
}

// An existing blob is not written again, unless it was cut short. Its size is compared, not its
// digest: reading all blobs would cost as much as writing them.
bool has_blob(const std::string& path, std::int64_t size) {
  std::optional<sys::Fd> there = sys::find_path(path, O_PATH | O_NOFOLLOW);
  if (!there) return false;
  struct stat about = sys::stat_of(*there);
  return S_ISREG(about.st_mode) && about.st_size == size;
}

// The index of `contents` merged into the existing one.
std::string merged_text(const Contents& contents, const std::string& directory) {
  std::string path = directory + "/index.json";
  std::string index = contents.files.at("index.json");
  std::optional<sys::Fd> there = sys::find_path(path, O_RDONLY | O_NONBLOCK);
  if (!there) return index;
  Json added = parse_json(index, "index.json").at("manifests");
  Json old = parse_json(sys::read_all(*there, kMaxIndex), path);
  return canonical(internal::merged_index(std::move(old), added, path));
}

// Checks before anything is written: what exists is a layout, and no symlink in it leads out of it.
void check_layout(const Contents& contents, const std::string& directory) {
  for (const char* name : {"blobs", "blobs/sha256", "index.json", "index.json.lock"}) {
    std::string path = fmt::format("{}/{}", directory, name);
    std::optional<sys::Fd> there = sys::find_path(path, O_PATH | O_NOFOLLOW);
    if (!there || !S_ISLNK(sys::stat_of(*there).st_mode)) continue;
    throw Error::of(ErrorKind::kUsage, "{} is a symbolic link, which may lead out of the layout",
                    path)
        .with_hint("name another directory, or remove the link");
  }
  merged_text(contents, directory);
}

// Each blob is written beside its place and renamed: a build that dies leaves no half blob.
void write_layout(store::Store& store, const Contents& contents, const std::string& directory,
                  mode_t umask) {
  const mode_t mode = 0644 & ~umask;
  check_layout(contents, directory);
  sys::make_dirs(directory + "/blobs/sha256", 0755 & ~umask);
  for (const auto& [digest, size] : contents.blobs) {
    std::string path = directory + "/" + blob_path(digest);
    if (has_blob(path, size)) continue;
    sys::TempFile file(directory + "/blobs/sha256");
    sys::copy_file_contents(store.blobs().open(digest), file.fd());
    sys::chmod_fd(file.fd(), mode);
    file.commit(path);
  }
  sys::LockFile lock = lock_layout(directory);
  // The index last: whoever reads it finds all that it names.
  for (const auto& [name, text] : contents.files) {
    if (name != "index.json") {
      sys::replace_file(fmt::format("{}/{}", directory, name), text, mode);
    }
  }
  // Merged again under the lock, since another build may have added an image meanwhile.
  sys::replace_file(directory + "/index.json", merged_text(contents, directory), mode);
}

}  // namespace

void write_oci_layout(store::Store& store, const std::vector<ArchivedImage>& images,
                      const std::string& directory, mode_t umask) {
  write_layout(store, oci_contents(images), directory, umask);
}

void write_oci_layout(store::Store& store, const ArchivedIndex& index, const std::string& directory,
                      mode_t umask) {
  write_layout(store, oci_contents(index), directory, umask);
}

void write_oci_archive(store::Store& store, const std::vector<ArchivedImage>& images,
                       ByteSink& out) {
  write_archive(store, oci_contents(images), out);
}

void write_oci_archive(store::Store& store, const ArchivedIndex& index, ByteSink& out) {
  write_archive(store, oci_contents(index), out);
}

void write_oci_layout(store::Store& store, const std::vector<ArchivedImage>& images,
                      const std::vector<ArchivedIndex>& indexes, const std::string& directory,
                      mode_t umask) {
  write_layout(store, oci_contents(images, indexes), directory, umask);
}

void write_oci_archive(store::Store& store, const std::vector<ArchivedImage>& images,
                       const std::vector<ArchivedIndex>& indexes, ByteSink& out) {
  write_archive(store, oci_contents(images, indexes), out);
}

void write_docker_archive(store::Store& store, const std::vector<ArchivedImage>& images,
                          ByteSink& out) {
  write_archive(store, docker_contents(images), out);
}

}  // namespace cairn::output
