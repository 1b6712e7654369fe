// SPDX-License-Identifier: Apache-2.0
//
// Layers are unpacked in parallel without their parents, since none of them has to be known for
// that; only merging onto the layer below (whiteouts, opaque directories) needs the order, and is
// cheap. All digests are verified before a snapshot gets its name: the blob's by the source, the
// diffID here.
#include "solver/fetch/unpack_image.h"

#include <fcntl.h>

#include <algorithm>

#include "base/background.h"
#include "base/compress.h"
#include "base/error.h"
#include "base/thread_pool.h"

namespace cairn::solver {
namespace {

constexpr std::size_t kLayersAtOnce = 4;  // N06: connections per registry

// Counts the bytes that pass through it, for progress and the store, and throws when the build is
// cancelled.
class LayerDownload final : public ByteSource {
 public:
  LayerDownload(std::unique_ptr<ByteSource> from, progress::TransferCounter transfer,
                store::Store& store, std::stop_token stop)
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
  progress::TransferCounter transfer_;
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

struct Layer {
  std::unique_ptr<snapshots::UnpackedLayer> files;
  std::int64_t tar_size = 0;
};

class Unpacking {
 public:
  Unpacking(store::Store& store, snapshots::Snapshotter& snapshotter, source::Images& images,
            const source::FoundImage& image, const progress::VertexScope& scope,
            std::stop_token stop)
      : store_(store),
        snapshotter_(snapshotter),
        images_(images),
        image_(image),
        scope_(scope),
        stop_(std::move(stop)),
        chains_(oci::chain_ids(image.config.diff_ids)) {}

  SnapshotId run(Fetch fetch) {
    fetch_ = fetch;
    std::size_t have = layers_there();
    refuse_lost_owners(have);
    std::vector<ThreadPool::Result<Layer>> unpacked;
    std::vector<ThreadPool::Result<void>> fetched;
    SnapshotId top = have == 0 ? SnapshotId::empty_root()
                               : store_.snapshots().find_by_chain(chains_[have - 1])->snapshot;
    {
      ThreadPool pool(std::min(kLayersAtOnce, std::max<std::size_t>(1, chains_.size())));
      for (std::size_t i = 0; fetch == Fetch::kAlsoBlobs && i < have; ++i) {
        fetched.push_back(pool.run([this, i] { fetch_blob(i); }));
      }
      for (std::size_t i = have; i < chains_.size(); ++i) {
        unpacked.push_back(pool.run([this, i] { return unpack(i); }));
      }
      for (std::size_t i = have; i < chains_.size(); ++i) {
        top = stack_layer(top, i, unpacked[i - have].get());
      }
      for (ThreadPool::Result<void>& one : fetched) one.get();
    }
    if (have < chains_.size()) store_.sync();
    warn_of_lost_owners();
    return top;
  }

 private:
  // A layer built here with --ignore-owners exists only as that snapshot: there is no blob to
  // unpack.
  void refuse_lost_owners(std::size_t have) {
    for (std::size_t i = have; i < chains_.size() && !image_.manifest; ++i) {
      if (!store_.layer_blobs().find(image_.config.diff_ids[i]).empty()) continue;
      if (!store_.snapshots().find_any_by_chain(chains_[i])) continue;
      throw Error::of(ErrorKind::kHost,
                      "{} was built with --ignore-owners, and files in it have lost their owners",
                      image_.reference.str())
          .with_hint("build it again where there are enough ids, or say --ignore-owners here too");
    }
  }

  void warn_of_lost_owners() const {
    if (lost_owners_ == 0) return;
    scope_.warn(fmt::format(
        "{} files of {} belong to users that there are no ids for here, and are root's now "
        "(--ignore-owners)",
        lost_owners_, image_.reference.str()));
  }

  // How many layers, from the bottom, are unpacked already. Searched from the top, as an image is
  // usually complete.
  std::size_t layers_there() {
    for (std::size_t i = chains_.size(); i > 0; --i) {
      if (store_.snapshots().find_by_chain(chains_[i - 1])) return i;
    }
    return 0;
  }

  std::unique_ptr<ByteSource> open(std::size_t i) {
    progress::Transfer transfer{.vertex = scope_.id(),
                                .item = image_.config.diff_ids[i].digest(),
                                .direction = progress::Direction::kIn};
    bool exact = image_.manifest && fetch_ == Fetch::kAlsoBlobs;
    if (image_.manifest) {
      transfer.item = image_.manifest->layers[i].digest;
      transfer.total = image_.manifest->layers[i].size;
    }
    return std::make_unique<LayerDownload>(
        exact ? images_.open_blob(image_, i) : images_.open_layer(image_, i),
        progress::TransferCounter(scope_.sink(), std::move(transfer)), store_, stop_);
  }

  void fetch_blob(std::size_t i) {
    const Digest& wanted = image_.manifest->layers[i].digest;
    for (const oci::Descriptor& known : store_.layer_blobs().find(image_.config.diff_ids[i])) {
      if (known.digest == wanted) return;
    }
    std::unique_ptr<ByteSource> blob = open(i);
    DigestingSink tar;
    copy_all(*decompressing(*blob), tar);
    drain(*blob);
    // The snapshot exists already; a blob of other content must not be recorded for it.
    check_diff_id(i, oci::DiffId(tar.finish()));
    store_.layer_blobs().add(image_.config.diff_ids[i], image_.manifest->layers[i]);
  }

  // A blob that cannot be decoded may be damaged or badly made. Reading it to its end tells: a
  // wrong digest is the better error; a right one means that the image was made so.
  void blame(Error& error, ByteSource& blob, std::size_t i) {
    if (error.kind() != ErrorKind::kCorrupt || !image_.manifest) return;
    if (image_.is_local || image_.is_from_layout) return;
    drain(blob);  // throws for a wrong digest
    error.set_kind(ErrorKind::kRegistry);
    error.add_context(fmt::format("reading blob {} of {}", image_.manifest->layers[i].digest,
                                  image_.reference.registry));
  }

  void check_diff_id(std::size_t i, const oci::DiffId& found) const {
    if (found == image_.config.diff_ids[i]) return;
    throw Error::of(ErrorKind::kRegistry, "layer {} unpacks to {}, and the config says {}", i + 1,
                    found.str(), image_.config.diff_ids[i].str());
  }

  // A pipeline of two threads: one receives, stores and decompresses; the other digests and creates
  // files. Neither reads the blob when this returns.
  oci::DiffId read(ByteSource& blob, Layer& layer, std::size_t i) {
    std::unique_ptr<ByteSource> tar = decompressing(blob);
    ReadAheadSource inflated(*tar);
    DigestingSource digest(inflated, UINT64_MAX);
    // The lowest layer has nothing to hide, so its whiteouts are dropped.
    auto place = i == 0 ? overlay::LayerPlace::kLowest : overlay::LayerPlace::kAboveOthers;
    layer.files = snapshotter_.apply(digest, place);
    drain(digest);
    layer.tar_size = static_cast<std::int64_t>(digest.size());
    return oci::DiffId(digest.finish());
  }

  Layer unpack(std::size_t i) {
    ErrorContext while_here(
        [&] { return fmt::format("unpacking layer {} of {}", i + 1, image_.reference.str()); });
    Layer layer;
    std::unique_ptr<ByteSource> blob = open(i);
    auto blame_blob = [&](Error& error) { blame(error, *blob, i); };
    oci::DiffId found = amend(blame_blob, [&] { return read(*blob, layer, i); });
    drain(*blob);  // its digest is verified at its end
    check_diff_id(i, found);
    // The bytes may have come from another blob of the same layer, so check that this one is here.
    if (image_.manifest && store_.blobs().has(image_.manifest->layers[i].digest)) {
      store_.layer_blobs().add(found, image_.manifest->layers[i]);
    }
    for (const std::string& warning : layer.files->result().warnings) scope_.warn(warning);
    return layer;
  }

  SnapshotId stack_layer(const SnapshotId& below, std::size_t i, Layer layer) {
    if (!below.is_empty_root()) layer.files->merge(below);
    SnapshotId id = SnapshotId::empty_root();
    bool is_new = false;
    store_.atomically([&] {
      // Another build may have been first with the same image. All builds use the first snapshot: a
      // cached step belongs to its parent snapshot, and is not found on an equal copy of it.
      if (auto first = store_.snapshots().find_by_chain(chains_[i])) {
        id = first->snapshot;
      } else {
        id = add_snapshot(below, i, layer);
        is_new = true;
      }
    });
    if (is_new) {
      scope_.sink().send(progress::LayerMade{.snapshot = id.text(),
                                             .diff_id = image_.config.diff_ids[i].digest(),
                                             .size = layer.tar_size,
                                             .time = now()});
    }
    return id;
  }

  SnapshotId add_snapshot(const SnapshotId& below, std::size_t i, Layer& layer) {
    std::uint64_t lost = layer.files->result().lost_owners;
    if (lost > 0 || store_.snapshots().has_lost_owners(below)) layer.files->mark_lost_owners();
    lost_owners_ += lost;
    SnapshotId id = layer.files->commit(below, layer.tar_size);
    store_.snapshots().set_diff_id({.snapshot = id}, image_.config.diff_ids[i], layer.tar_size);
    store_.snapshots().set_chain(chains_[i], {.snapshot = id});
    return id;
  }

  store::Store& store_;
  snapshots::Snapshotter& snapshotter_;
  source::Images& images_;
  const source::FoundImage& image_;
  const progress::VertexScope& scope_;
  std::stop_token stop_;
  Fetch fetch_ = Fetch::kMissingSnapshots;
  const std::vector<oci::ChainId> chains_;
  std::uint64_t lost_owners_ = 0;
};

}  // namespace

SnapshotId unpack_image(const sandbox::BuilderNamespace&, store::Store& store,
                        snapshots::Snapshotter& snapshotter, source::Images& images,
                        const source::FoundImage& image, const progress::VertexScope& scope,
                        Fetch fetch, std::stop_token stop) {
  SnapshotId top = SnapshotId::empty_root();
  if (!image.config.diff_ids.empty()) {
    top = Unpacking(store, snapshotter, images, image, scope, std::move(stop)).run(fetch);
  }
  images.record_image(image);
  return top;
}

}  // namespace cairn::solver
