// SPDX-License-Identifier: Apache-2.0
//
// A layer's tar flows from its files through digest and compressor into a blob in one pass; nothing
// is written but the blob. Before a blob is kept, its diffID is compared with the recorded one:
// files in the store may have been changed by somebody. Gzip and zstd use several threads
// (base/compress.h).
#include "output/layers.h"

#include <algorithm>
#include <thread>

#include "base/error.h"
#include "oci/media_types.h"

namespace cairn::output {
namespace {

std::string media_type(MediaTypes types, Compression compression) {
  bool docker = types == MediaTypes::kDocker;
  switch (compression) {
    case Compression::kNone: return std::string(docker ? oci::kDockerLayer : oci::kOciLayer);
    case Compression::kGzip:
      return std::string(docker ? oci::kDockerLayerGzip : oci::kOciLayerGzip);
    case Compression::kZstd:
      return std::string(docker ? oci::kDockerLayerZstd : oci::kOciLayerZstd);
  }
  return "";
}

// By the end of the media type, which OCI and docker spell with '+' and '.'.
std::optional<Compression> compression_of(const std::string& type) {
  if (type.ends_with("+zstd") || type.ends_with(".zstd")) return Compression::kZstd;
  if (type.ends_with("+gzip") || type.ends_with(".gzip")) return Compression::kGzip;
  if (type.ends_with("tar")) return Compression::kNone;
  return std::nullopt;
}

// Writes the layer's tar: from a blob if there is one, since other tools order and spell a layer in
// ways that no snapshot remembers; otherwise from the snapshot.
void write_tar(const LayerStore& from, const oci::DiffId& diff_id,
               const std::optional<LayerView>& view, ByteSink& tar) {
  for (const oci::Descriptor& blob : from.store.layer_blobs().find(diff_id)) {
    sys::Fd file = from.store.blobs().open(blob.digest);
    sys::FdSource bytes(file);
    copy_all(*decompressing(bytes), tar);
    return;
  }
  if (view) return from.snapshotter.diff(*view, tar);
  throw Error::of(ErrorKind::kCorrupt, "layer {} is not in the store", diff_id.str())
      .with_hint("pull or build the image again");
}

// Passes bytes on until a stop is requested.
class StoppableSink final : public ByteSink {
 public:
  StoppableSink(std::stop_token stop, ByteSink& inner) : stop_(std::move(stop)), inner_(inner) {}
  void write(std::span<const std::byte> bytes) override {
    if (stop_.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
    inner_.write(bytes);
  }

 private:
  std::stop_token stop_;
  ByteSink& inner_;
};

void report_made(const LayerStore& from, const SnapshotId& snapshot, const oci::DiffId& diff_id,
                 const DigestingSink& tar, const std::optional<oci::Descriptor>& blob) {
  if (from.sink == nullptr) return;
  progress::LayerMade made{.snapshot = snapshot.text(),
                           .diff_id = diff_id.digest(),
                           .size = static_cast<std::int64_t>(tar.size()),
                           .time = now()};
  if (blob) made.blob = {.digest = blob->digest, .size = blob->size};
  from.sink->send(std::move(made));
}

// Compresses a layer into a blob: takes the tar, returns the layer's diffID.
class LayerCompressor {
 public:
  LayerCompressor(store::Store& store, const BlobOptions& options)
      : store_(store),
        options_(options),
        blob_(store.blobs().writer()),
        compressor_(compressing(options.compression, blob_, std::thread::hardware_concurrency(),
                                options.level)),
        tar_(compressor_.get()) {}

  DigestingSink& tar() { return tar_; }

  oci::DiffId finish() {
    compressor_->finish();
    return oci::DiffId(tar_.finish());
  }

  oci::Descriptor keep(const oci::DiffId& diff_id) {
    store::Blob written = blob_.commit();
    oci::Descriptor descriptor{.media_type = media_type(options_.types, options_.compression),
                               .digest = written.digest,
                               .size = written.size};
    store_.layer_blobs().add(diff_id, descriptor, store::BlobOrigin::kMade);
    return descriptor;
  }

 private:
  store::Store& store_;
  const BlobOptions& options_;
  store::BlobWriter blob_;
  std::unique_ptr<CompressingSink> compressor_;
  DigestingSink tar_;
};

oci::Descriptor make_blob(const LayerStore& from, const oci::DiffId& diff_id,
                          const std::optional<LayerView>& view, const BlobOptions& options) {
  ErrorContext while_here([&] { return "writing layer " + diff_id.str(); });
  LayerCompressor layer(from.store, options);
  write_tar(from, diff_id, view, layer.tar());
  if (layer.finish() != diff_id) {
    throw Error::of(ErrorKind::kCorrupt, "the files of layer {} are not what they were",
                    diff_id.str())
        .with_hint("something changed the store; build the image again with --no-cache");
  }
  oci::Descriptor blob = layer.keep(diff_id);
  report_made(from, view ? view->snapshot : SnapshotId::empty_root(), diff_id, layer.tar(), blob);
  return blob;
}

void record_diff_id(store::Store& store, const LayerView& view, const oci::DiffId& diff_id,
                    const DigestingSink& tar) {
  auto size = static_cast<std::int64_t>(tar.size());
  // A view with a base is several snapshots merged, so its size is not that of one snapshot.
  if (view.base.is_parent()) store.snapshots().set_size(view.snapshot, size);
  store.snapshots().set_diff_id(view, diff_id, size);
}

// For outputs without blobs: the tar is digested and thrown away.
oci::DiffId compute_diff_id(const LayerStore& from, const LayerView& view, std::stop_token stop) {
  ErrorContext while_here([&] { return "digesting layer " + view.snapshot.text(); });
  DigestingSink tar;
  StoppableSink until_stopped(std::move(stop), tar);
  from.snapshotter.diff(view, until_stopped);
  oci::DiffId diff_id(tar.finish());
  record_diff_id(from.store, view, diff_id, tar);
  report_made(from, view.snapshot, diff_id, tar, std::nullopt);
  return diff_id;
}

}  // namespace

oci::Descriptor in_types(const oci::Descriptor& blob, MediaTypes types) {
  std::optional<Compression> compression = compression_of(blob.media_type);
  return {.media_type = compression ? media_type(types, *compression) : blob.media_type,
          .digest = blob.digest,
          .size = blob.size};
}

oci::DiffId layer_diff_id(const LayerStore& from, const LayerView& view) {
  if (auto known = from.store.snapshots().find_diff_id(view)) return *known;
  return compute_diff_id(from, view, {});
}

void prepare_layer(const LayerStore& from, const LayerView& view,
                   const std::optional<BlobOptions>& blob, std::stop_token stop) {
  if (from.store.snapshots().find_diff_id(view)) return;
  if (!blob) {
    compute_diff_id(from, view, std::move(stop));
    return;
  }
  ErrorContext while_here([&] { return "writing layer " + view.snapshot.text(); });
  LayerCompressor layer(from.store, *blob);
  StoppableSink until_stopped(std::move(stop), layer.tar());
  from.snapshotter.diff(view, until_stopped);
  oci::DiffId diff_id = layer.finish();
  record_diff_id(from.store, view, diff_id, layer.tar());
  // Another image may have brought the same layer as a blob meanwhile.
  std::optional<oci::Descriptor> kept;
  if (from.store.layer_blobs().find(diff_id).empty()) kept = layer.keep(diff_id);
  report_made(from, view.snapshot, diff_id, layer.tar(), kept);
}

oci::Descriptor layer_blob(const LayerStore& from, const oci::DiffId& diff_id,
                           const std::optional<LayerView>& view, const BlobOptions& options) {
  for (const oci::Descriptor& blob : from.store.layer_blobs().find(diff_id)) {
    std::optional<Compression> compression = compression_of(blob.media_type);
    // Base layers keep the compression they came with, which is listed first; only the family of
    // the media type changes (X02).
    if (options.force && compression != options.compression) continue;
    return in_types(blob, options.types);
  }
  return make_blob(from, diff_id, view, options);
}

}  // namespace cairn::output
