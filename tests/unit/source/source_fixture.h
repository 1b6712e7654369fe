// SPDX-License-Identifier: Apache-2.0
//
// A store to load into, and the parts of a small image: layers, a config that names them, and the
// manifests by which archives and registries hold them together.
#pragma once

#include <fcntl.h>

#include <string>
#include <vector>

#include "base/compress.h"
#include "base/error.h"
#include "base/json.h"
#include "base/sys/file.h"
#include "oci/image_config.h"
#include "oci/manifest.h"
#include "source/archive_loader.h"
#include "store/store.h"
#include "support/fake_transport.h"
#include "support/string_sink.h"
#include "support/tar_maker.h"

namespace cairn::test {

inline std::string compressed(Compression how, std::string_view text) {
  if (how == Compression::kNone) return std::string(text);
  StringSink out;
  auto sink = compressing(how, out, 1);
  sink->write(as_bytes(text));
  sink->finish();
  return out.text;
}

inline std::string slurp(ByteSource& source) {
  StringSink out;
  copy_all(source, out);
  return out.text;
}

// A layer with one file, named and filled by `word`.
inline std::string layer_tar(const std::string& word) {
  return TarMaker().file(word, word).end();
}

// The config of an image with these uncompressed layers.
inline std::string config_of(const std::vector<std::string>& layers,
                             const std::string& platform = "linux/amd64") {
  oci::ImageConfig config;
  config.platform = oci::Platform::parse(platform);
  for (const std::string& layer : layers) config.diff_ids.emplace_back(Digest::of(layer));
  return canonical(oci::to_json(config));
}

inline oci::Descriptor describe(const std::string& bytes, std::string_view type) {
  return {.media_type = std::string(type),
          .digest = Digest::of(bytes),
          .size = static_cast<std::int64_t>(bytes.size())};
}

inline std::string manifest_of(const std::string& config, const std::vector<std::string>& blobs,
                               std::string_view layer_type = oci::kOciLayer) {
  oci::Manifest manifest{.config = describe(config, oci::kOciConfig), .layers = {}};
  for (const std::string& blob : blobs) manifest.layers.push_back(describe(blob, layer_type));
  return canonical(oci::to_json(manifest));
}

struct StoreToFill {
  sys::TempDir dir{"/tmp", "cairn-test-"};
  store::Store store = store::Store::open(dir.path() + "/store");

  // The bytes as an open file.
  sys::Fd file(std::string_view bytes) {
    std::string path = dir.path() + "/archive";
    sys::replace_file(path, bytes);
    return sys::open_path(path, O_RDONLY);
  }
  // How many blobs, and how many things half done, the store holds.
  std::size_t blobs() const { return sys::list_dir(open_dir("/store/oci/blobs/sha256")).size(); }
  // What lies in this process's directory; that and its lease are all there is in tmp/.
  std::size_t leftovers() const {
    std::size_t count = 0;
    for (const sys::DirEntry& entry : sys::list_dir(open_dir("/store/tmp"))) {
      if (entry.name.starts_with("lease-")) continue;
      CHECK(entry.name.starts_with("work-"));
      count += sys::list_dir(open_dir("/store/tmp/" + entry.name)).size();
    }
    return count;
  }

 private:
  sys::Fd open_dir(const std::string& path) const {
    return sys::open_path(dir.path() + path, O_RDONLY | O_DIRECTORY);
  }
};

inline std::vector<source::LoadedImage> load(StoreToFill& f, const std::string& bytes) {
  return source::load_archive(f.store, f.file(bytes));
}

// Where nothing is ever loaded: making a store costs more than refusing an archive.
inline StoreToFill& refusing_store() {
  static StoreToFill store;
  return store;
}

// Why an archive is refused, of which nothing may be left.
inline std::string archive_refusal(const std::string& bytes) {
  StoreToFill& f = refusing_store();
  std::string text = refusal([&] { load(f, bytes); });
  CHECK(f.store.images().list().empty());
  CHECK(f.leftovers() == 0);
  return text;
}

}  // namespace cairn::test
