// SPDX-License-Identifier: Apache-2.0
#include "output/layers.h"

#include <algorithm>
#include <thread>

#include "base/error.h"
#include "oci/media_types.h"
#include "overlay/layer_writer.h"

namespace cairn::output {
namespace {

// The directories that make the layer, and those below them.
struct SplitStack {
  overlay::LayerStack upper;
  overlay::LayerStack below;
};

SplitStack split_stack(store::Store& store, const LayerView& view) {
  std::vector<std::string> ids = store.snapshots().stack(view.snapshot);
  auto first = ids.end() - 1;
  if (view.base == "") {
    first = ids.begin();
  } else if (view.base) {
    auto base = std::ranges::find(ids, *view.base);
    CAIRN_ASSERT(base < first, "a squashed layer starts from a snapshot below its own");
    first = base + 1;
  }
  SplitStack split;
  for (auto id = ids.begin(); id != ids.end(); ++id) {
    auto& part = id < first ? split.below : split.upper;
    part.lowers.push_back(store.snapshots().path(*id));
  }
  return split;
}

void write_view(store::Store& store, const LayerView& view, ByteSink& tar) {
  if (!store.snapshots().find(view.snapshot)) {
    throw Error::of(ErrorKind::kCorrupt, "snapshot {} is gone", view.snapshot)
        .with_hint("build the image again");
  }
  SplitStack split = split_stack(store, view);
  overlay::write_layer(split.upper, split.below, {.clamp_mtime = view.clamp}, tar);
}

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

std::optional<Compression> compression_of(const std::string& type) {
  if (type.ends_with("+zstd") || type.ends_with(".zstd")) return Compression::kZstd;
  if (type.ends_with("+gzip") || type.ends_with(".gzip")) return Compression::kGzip;
  if (type.ends_with("tar")) return Compression::kNone;
  return std::nullopt;
}

// The layer's tar: out of a blob that holds it, since other tools order and spell a layer in ways
// that no snapshot remembers, or else from the snapshot it is a view of.
void write_tar(store::Store& store, const oci::DiffId& diff_id,
               const std::optional<LayerView>& view, ByteSink& tar) {
  for (const oci::Descriptor& blob : store.layer_blobs().find(diff_id)) {
    sys::Fd file = store.blobs().open(blob.digest);
    sys::FdSource bytes(file);
    copy_all(*decompressing(bytes), tar);
    return;
  }
  if (view) return write_view(store, *view, tar);
  throw Error::of(ErrorKind::kCorrupt, "layer {} is not in the store", diff_id.str())
      .with_hint("pull or build the image again");
}

// Passes on what is written until somebody wants it no more.
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

// A blob of a layer that is being compressed: the tar goes in, the layer's diffID comes out.
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
    store_.layer_blobs().add(diff_id, descriptor);
    return descriptor;
  }

 private:
  store::Store& store_;
  const BlobOptions& options_;
  store::BlobWriter blob_;
  std::unique_ptr<CompressingSink> compressor_;
  DigestingSink tar_;
};

oci::Descriptor make_blob(store::Store& store, const oci::DiffId& diff_id,
                          const std::optional<LayerView>& view, const BlobOptions& options) {
  ErrorContext while_here([&] { return "writing layer " + diff_id.str(); });
  LayerCompressor layer(store, options);
  write_tar(store, diff_id, view, layer.tar());
  if (layer.finish() != diff_id) {
    throw Error::of(ErrorKind::kCorrupt, "the files of layer {} are not what they were",
                    diff_id.str())
        .with_hint("something changed the store; build the image again with --no-cache");
  }
  return layer.keep(diff_id);
}

void remember_diff_id(store::Store& store, const LayerView& view, const oci::DiffId& diff_id,
                      const DigestingSink& tar) {
  auto size = static_cast<std::int64_t>(tar.size());
  if (!view.base) store.snapshots().set_size(view.snapshot, size);
  store.snapshots().set_diff_id(view, diff_id, size);
}

oci::DiffId take_diff_id(store::Store& store, const LayerView& view, std::stop_token stop) {
  ErrorContext while_here([&] { return "digesting layer " + view.snapshot; });
  DigestingSink tar;
  StoppableSink until_stopped(std::move(stop), tar);
  write_view(store, view, until_stopped);
  oci::DiffId diff_id(tar.finish());
  remember_diff_id(store, view, diff_id, tar);
  return diff_id;
}

}  // namespace

oci::DiffId layer_diff_id(store::Store& store, const LayerView& view) {
  if (auto known = store.snapshots().find_diff_id(view)) return *known;
  return take_diff_id(store, view, {});
}

void prepare_layer(store::Store& store, const LayerView& view,
                   const std::optional<BlobOptions>& blob, std::stop_token stop) {
  if (store.snapshots().find_diff_id(view)) return;
  if (!blob) {
    take_diff_id(store, view, std::move(stop));
    return;
  }
  ErrorContext while_here([&] { return "writing layer " + view.snapshot; });
  LayerCompressor layer(store, *blob);
  StoppableSink until_stopped(std::move(stop), layer.tar());
  write_view(store, view, until_stopped);
  oci::DiffId diff_id = layer.finish();
  remember_diff_id(store, view, diff_id, layer.tar());
  if (store.layer_blobs().find(diff_id).empty()) layer.keep(diff_id);
}

oci::Descriptor layer_blob(store::Store& store, const oci::DiffId& diff_id,
                           const std::optional<LayerView>& view, const BlobOptions& options) {
  for (oci::Descriptor& blob : store.layer_blobs().find(diff_id)) {
    std::optional<Compression> compression = compression_of(blob.media_type);
    // Base layers keep the compression they came with; only the family of the type changes (X02).
    if (options.force && compression != options.compression) continue;
    if (compression) blob.media_type = media_type(options.types, *compression);
    return std::move(blob);
  }
  return make_blob(store, diff_id, view, options);
}

}  // namespace cairn::output
