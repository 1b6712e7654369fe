// SPDX-License-Identifier: Apache-2.0
#include "source/images.h"

#include "base/error.h"
#include "progress/vertex_scope.h"

namespace cairn::source {
namespace {

// Blobs that are here already, read from their file.
class BlobSource final : public ByteSource {
 public:
  explicit BlobSource(sys::Fd fd) : fd_(std::move(fd)) {}
  std::size_t read(std::span<std::byte> buffer) override { return sys::read_some(fd_, buffer); }

 private:
  sys::Fd fd_;
};

// Bytes from the registry that become a blob when all of them have passed.
class KeepingSource final : public ByteSource {
 public:
  KeepingSource(std::unique_ptr<ByteSource> from, store::BlobWriter blob)
      : from_(std::move(from)), blob_(std::move(blob)) {}

  std::size_t read(std::span<std::byte> buffer) override {
    std::size_t count = from_->read(buffer);
    if (count > 0) {
      blob_.write(std::span<const std::byte>(buffer.first(count)));
    } else if (!kept_) {
      blob_.commit();
      kept_ = true;
    }
    return count;
  }

 private:
  std::unique_ptr<ByteSource> from_;
  store::BlobWriter blob_;
  bool kept_ = false;
};

void check_layers(const FoundImage& image) {
  std::size_t named = image.config.diff_ids.size(), there = image.manifest->layers.size();
  if (named == there) return;
  throw Error::of(ErrorKind::kRegistry, "{}: the config names {} layers, the manifest {}",
                  image.reference.str(), named, there);
}

bool fits(const oci::Platform& have, const oci::Platform& wanted) {
  return have.os == wanted.os && have.architecture == wanted.architecture &&
         (wanted.variant.empty() || have.variant.empty() || have.variant == wanted.variant);
}

}  // namespace

plan::ResolvedImage Images::resolve(const oci::Reference& reference,
                                    const oci::Platform& platform) {
  progress::NullSink silent;
  bool known = find_known(reference, platform).has_value();
  FoundImage image = progress::run_vertex(
      known ? silent : sink_, fmt::format("[internal] load metadata for {}", reference.str()),
      [&](progress::VertexScope&) { return find(reference, platform); });
  return {.config = image.config,
          .manifest = image.manifest_digest.value_or(image.id),
          .resolved_from = image.is_local ? "store" : "registry",
          .has_layers = !image.config.diff_ids.empty()};
}

std::optional<FoundImage> Images::find_known(const oci::Reference& reference,
                                             const oci::Platform& platform) {
  std::lock_guard lock(mutex_);
  auto known = found_.find({reference.str(), platform.str()});
  if (known == found_.end()) return std::nullopt;
  return known->second;
}

FoundImage Images::find(const oci::Reference& reference, const oci::Platform& platform) {
  std::optional<FoundImage> image = find_known(reference, platform);
  if (image) return *image;
  image = find_in_layout(reference, platform);
  if (!image && pull_ == Pull::kWhenMissing) image = find_local(reference, platform);
  if (!image) image = find_remote(reference, platform);
  std::lock_guard lock(mutex_);
  return found_.try_emplace({reference.str(), platform.str()}, std::move(*image)).first->second;
}

FoundImage Images::find_any(const std::string& name_or_id, const oci::Platform& platform) {
  if (std::optional<store::Image> image = store_.images().find(name_or_id)) {
    oci::Reference shown = image->names.empty() ? oci::Reference{} : image->names.front();
    if (auto found = usable(*image, shown)) return *found;
  }
  return find(oci::Reference::parse(name_or_id), platform);
}

void Images::use_layout(const oci::Reference& reference, ImageLayout layout) {
  layouts_.insert_or_assign(reference.str(), std::move(layout));
}

std::optional<FoundImage> Images::find_in_layout(const oci::Reference& reference,
                                                 const oci::Platform& platform) {
  auto layout = layouts_.find(reference.str());
  if (layout == layouts_.end()) return std::nullopt;
  ImageLayout::Found taken = layout->second.take(*reference.digest, platform, store_);
  FoundImage found{.reference = reference,
                   .config = oci::parse_image_config(taken.config_bytes),
                   .id = taken.manifest.config.digest,
                   .manifest = std::move(taken.manifest),
                   .manifest_digest = taken.manifest_digest};
  check_layers(found);
  return found;
}

std::optional<FoundImage> Images::find_local(const oci::Reference& reference,
                                             const oci::Platform& platform) {
  std::optional<store::Image> image = store_.images().find(reference);
  if (!image || !fits(image->platform, platform)) return std::nullopt;
  return usable(*image, reference);
}

// An image whose layers are neither unpacked nor here as blobs can only be pulled again.
std::optional<FoundImage> Images::usable(const store::Image& image,
                                         const oci::Reference& reference) {
  for (const store::ImageLayer& layer : store_.images().layers(image.id)) {
    if (!layer.view && store_.layer_blobs().find(layer.diff_id).empty()) return std::nullopt;
  }
  return FoundImage{.reference = reference,
                    .config = store_.images().config(image.id),
                    .id = image.id,
                    .manifest = store_.images().manifest(image),
                    .manifest_digest = image.manifest,
                    .is_local = true};
}

FoundImage Images::find_remote(const oci::Reference& reference, const oci::Platform& platform) {
  registry::ResolvedManifest resolved = client_.resolve(reference, platform);
  FoundImage found{.reference = reference,
                   .config = oci::parse_image_config(resolved.config_bytes),
                   .id = resolved.manifest.config.digest,
                   .manifest = resolved.manifest,
                   .manifest_digest = resolved.descriptor.digest,
                   .is_local = false};
  check_layers(found);
  store_.blobs().put(resolved.bytes);
  store_.blobs().put(resolved.config_bytes);
  return found;
}

std::unique_ptr<ByteSource> Images::open_layer(const FoundImage& image, std::size_t layer) {
  for (const oci::Descriptor& blob : store_.layer_blobs().find(image.config.diff_ids.at(layer))) {
    if (std::optional<sys::Fd> fd = store_.blobs().find(blob.digest)) {
      return std::make_unique<BlobSource>(std::move(*fd));
    }
  }
  if (!image.manifest) {
    throw Error::of(ErrorKind::kCorrupt, "{}: layer {} is not in the store", image.reference.str(),
                    image.config.diff_ids.at(layer).str());
  }
  const oci::Descriptor& blob = image.manifest->layers.at(layer);
  if (std::optional<sys::Fd> fd = store_.blobs().find(blob.digest)) {
    return std::make_unique<BlobSource>(std::move(*fd));
  }
  return std::make_unique<KeepingSource>(
      client_.fetch_blob(image.reference, blob),
      store_.blobs().writer({.digest = blob.digest, .size = blob.size, .is_verified = true}));
}

void Images::keep(const FoundImage& image) {
  if (image.is_local) return;
  bool complete = true;
  for (const oci::Descriptor& layer : image.manifest->layers) {
    complete = complete && store_.blobs().has(layer.digest);
  }
  std::int64_t size = 0;
  for (const store::ImageLayer& layer : store_.images().layers(image.id)) {
    if (layer.view) size += store_.snapshots().layer_size(*layer.view);
  }
  store_.images().add({.id = image.id,
                       .manifest = complete ? image.manifest_digest : std::nullopt,
                       .created = image.config.created.value_or(Timestamp{}),
                       .size = size,
                       .platform = image.config.platform,
                       .names = {image.reference}});
}

}  // namespace cairn::source
