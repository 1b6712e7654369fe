// SPDX-License-Identifier: Apache-2.0
#include "solver/unpack_image.h"

#include <algorithm>

#include "base/background.h"
#include "base/compress.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "overlay/unpack.h"
#include "solver/workspace.h"

namespace cairn::solver {
namespace {

constexpr std::size_t kLayersAtOnce = 4;  // N06: connections per registry

// Counts what passes through it, for the progress line and the store, and stops when the build
// does.
class WatchedSource final : public ByteSource {
 public:
  WatchedSource(std::unique_ptr<ByteSource> from, progress::Transfer transfer, store::Store& store,
                std::stop_token stop)
      : from_(std::move(from)),
        transfer_(std::move(transfer)),
        store_(store),
        stop_(std::move(stop)) {}

  std::size_t read(std::span<std::byte> buffer) override {
    if (stop_.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
    std::size_t count = from_->read(buffer);
    if (count > 0) {
      transfer_.add(static_cast<std::int64_t>(count));
      store_.wrote(static_cast<std::int64_t>(count));
    } else if (!ended_) {
      ended_ = true;
      transfer_.done();
    }
    return count;
  }

 private:
  std::unique_ptr<ByteSource> from_;
  progress::Transfer transfer_;
  store::Store& store_;
  std::stop_token stop_;
  bool ended_ = false;
};

class NullByteSink final : public ByteSink {
  void write(std::span<const std::byte>) override {}
};

void drain(ByteSource& source) {
  NullByteSink nowhere;
  copy_all(source, nowhere);
}

struct UnpackedLayer {
  sys::TempDir dir;
  overlay::UnpackResult result;
  std::uint64_t tar_size = 0;
};

class Unpacking {
 public:
  Unpacking(store::Store& store, source::Images& images, const source::FoundImage& image,
            const progress::VertexScope& scope, std::stop_token stop)
      : store_(store),
        images_(images),
        image_(image),
        scope_(scope),
        stop_(std::move(stop)),
        chains_(oci::chain_ids(image.config.diff_ids)) {}

  std::string run(Fetch fetch) {
    std::size_t have = layers_there();
    std::vector<std::future<UnpackedLayer>> unpacked;
    std::vector<std::future<void>> fetched;
    std::string top =
        have == 0 ? "" : store_.snapshots().find_by_chain(chains_[have - 1])->snapshot;
    {
      ThreadPool pool(std::min(kLayersAtOnce, std::max<std::size_t>(1, chains_.size())));
      for (std::size_t i = 0; fetch == Fetch::kAlsoBlobs && i < have; ++i) {
        fetched.push_back(pool.run([this, i] { fetch_blob(i); }));
      }
      for (std::size_t i = have; i < chains_.size(); ++i) {
        unpacked.push_back(pool.run([this, i] { return unpack(i); }));
      }
      for (std::size_t i = have; i < chains_.size(); ++i) {
        top = put_on_top(top, i, unpacked[i - have].get());
      }
      for (std::future<void>& one : fetched) one.get();
    }
    if (have < chains_.size()) store_.sync();
    return top;
  }

 private:
  // How many layers from the bottom are unpacked already.
  std::size_t layers_there() {
    for (std::size_t i = chains_.size(); i > 0; --i) {
      if (store_.snapshots().find_by_chain(chains_[i - 1])) return i;
    }
    return 0;
  }

  std::unique_ptr<ByteSource> open(std::size_t i) {
    std::string name = image_.config.diff_ids[i].str();
    std::int64_t size = 0;
    if (image_.manifest) {
      name = image_.manifest->layers[i].digest.str();
      size = image_.manifest->layers[i].size;
    }
    return std::make_unique<WatchedSource>(
        images_.open_layer(image_, i),
        progress::Transfer(scope_.sink(), scope_.id(), std::move(name), size), store_, stop_);
  }

  void fetch_blob(std::size_t i) {
    if (store_.blobs().has(image_.manifest->layers[i].digest)) return;
    drain(*open(i));
    store_.layer_blobs().add(image_.config.diff_ids[i], image_.manifest->layers[i]);
  }

  // In two stages, each with a core of its own where there is one: receiving, keeping and
  // inflating; digesting and making files.
  UnpackedLayer unpack(std::size_t i) {
    ErrorContext while_here(
        [&] { return fmt::format("unpacking layer {} of {}", i + 1, image_.reference.str()); });
    UnpackedLayer layer{.dir = sys::TempDir(store_.tmp_dir(), "layer-"), .result = {}};
    std::unique_ptr<ByteSource> blob = open(i);
    std::unique_ptr<ByteSource> tar = decompressing(*blob);
    ReadAheadSource inflated(*tar);
    DigestingSource digest(inflated, UINT64_MAX);
    auto place = i == 0 ? overlay::LayerPlace::kLowest : overlay::LayerPlace::kAboveOthers;
    layer.result = overlay::unpack_layer(digest, layer.dir.path(), {}, place);
    drain(digest);
    drain(*blob);  // to its end, where its own digest is verified
    layer.tar_size = digest.size();
    oci::DiffId found(digest.finish());
    if (found != image_.config.diff_ids[i]) {
      throw Error::of(ErrorKind::kRegistry, "layer {} unpacks to {}, and the config says {}", i + 1,
                      found.str(), image_.config.diff_ids[i].str());
    }
    if (image_.manifest) store_.layer_blobs().add(found, image_.manifest->layers[i]);
    for (const std::string& warning : layer.result.warnings) scope_.warn(warning);
    return layer;
  }

  std::string put_on_top(const std::string& below, std::size_t i, UnpackedLayer layer) {
    if (!below.empty()) {
      overlay::settle_layer(layer.dir.path(), layer.result,
                            {store_.snapshots().stack_paths(below)});
    }
    std::string id;
    store_.atomically([&] {
      // Another build may have been faster with the same image. All go on with what came first:
      // steps are known by what they stand on, and on two equal bases none would find the other's.
      if (auto first = store_.snapshots().find_by_chain(chains_[i])) {
        id = first->snapshot;
      } else {
        id = add_snapshot(below, i, layer);
      }
    });
    return id;
  }

  std::string add_snapshot(const std::string& below, std::size_t i, UnpackedLayer& layer) {
    std::string id = store::SnapshotIndex::new_id();
    auto size = static_cast<std::int64_t>(layer.tar_size);
    layer.dir.commit(store_.snapshots().path(id));
    store_.snapshots().add(
        {.id = id, .parent = below, .size = size, .created = now(), .last_used = now()});
    store_.snapshots().set_diff_id({.snapshot = id}, image_.config.diff_ids[i], size);
    store_.snapshots().set_chain(chains_[i], {.snapshot = id});
    return id;
  }

  store::Store& store_;
  source::Images& images_;
  const source::FoundImage& image_;
  const progress::VertexScope& scope_;
  std::stop_token stop_;
  const std::vector<oci::ChainId> chains_;
};

}  // namespace

std::string unpack_image(store::Store& store, source::Images& images,
                         const source::FoundImage& image, const progress::VertexScope& scope,
                         Fetch fetch, std::stop_token stop) {
  std::string top;
  if (!image.config.diff_ids.empty()) {
    top = Unpacking(store, images, image, scope, std::move(stop)).run(fetch);
  }
  images.keep(image);
  return top;
}

}  // namespace cairn::solver
