// SPDX-License-Identifier: Apache-2.0
//
// An image in the store is only usable if each layer is unpacked or there as a blob; otherwise it
// is resolved again at its registry. The blobs of one layer are interchangeable for unpacking, as
// all give the same diffID, so any of them saves a download; only a pull insists on the manifest's
// own.
#include "source/images.h"

#include "base/error.h"
#include "oci/limits.h"
#include "progress/vertex_scope.h"

namespace cairn::source {
namespace {

// A blob in the store, read from its file.
class BlobSource final : public ByteSource {
 public:
  explicit BlobSource(sys::Fd fd) : fd_(std::move(fd)) {}
  std::size_t read(std::span<std::byte> buffer) override { return sys::read_some(fd_, buffer); }

 private:
  sys::Fd fd_;
};

// Bytes from the registry that become a blob once all of them have passed.
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
  for (const oci::Descriptor& layer : image.manifest->layers) {
    if (!layer.media_type.ends_with("+encrypted")) continue;  // ocicrypt's media types
    throw Error::of(ErrorKind::kRegistry, "{} is encrypted: its layer {} is {}",
                    image.reference.str(), layer.digest.str(), layer.media_type)
        .with_hint(
            "cairn has no keys for layers: decrypt the image with skopeo copy "
            "--decryption-key, and use that");
  }
  std::size_t named = image.config.diff_ids.size(), there = image.manifest->layers.size();
  // A manifest and config that disagree cannot be unpacked layer by layer.
  if (named == there) return;
  throw Error::of(ErrorKind::kRegistry, "{}: the config names {} layers, the manifest {}",
                  image.reference.str(), named, there);
}

// An image of a layout has a name that its registry need not have.
bool came_from_registry(const FoundImage& image) {
  return !image.is_local && !image.is_from_layout;
}

// A name with several images yields the one for the platform.
std::optional<store::Image> find_stored(store::ImageStore& images, const std::string& name_or_id,
                                        const oci::Platform& platform) {
  std::optional<store::Image> image = images.find(name_or_id);
  std::optional<oci::Reference> name = oci::Reference::find(name_or_id);
  if (!image || !name || images.list_of(*name).empty()) return image;
  return images.find(*name, platform);
}

// Each name may have its own manifest for the same config; the image's is only the latest one.
std::optional<Digest> manifest_of_name(store::Store& store, const store::Image& image,
                                       const std::optional<Digest>& digest) {
  if (!digest || digest == image.manifest || !store.blobs().has(*digest)) return image.manifest;
  oci::Document document = oci::parse_document(store.blobs().read(*digest, oci::kMaxManifestSize));
  const auto* manifest = std::get_if<oci::Manifest>(&document);
  return manifest != nullptr && manifest->config.digest == image.id ? digest : image.manifest;
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
      known ? silent : sink_,
      progress::VertexStarted{
          .name = fmt::format("[internal] load metadata for {}", reference.str()),
          .platform = platform.str()},
      [&](progress::VertexScope&) { return find(reference, platform); });
  return {.config = image.config,
          .manifest = image.manifest_digest.value_or(image.id),
          .digest = image.digest.value_or(image.manifest_digest.value_or(image.id)),
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
  if (std::optional<store::Image> image = find_stored(store_.images(), name_or_id, platform)) {
    oci::Reference shown = image->names.empty() ? oci::Reference{} : image->names.front();
    if (auto found = usable(*image, shown)) return *found;
  }
  return find(oci::Reference::parse(name_or_id), platform);
}

oci::Reference Images::use_layout(const std::string& name, const plan::LayoutContext& layout) {
  ImageLayout images(layout.directory);
  oci::Reference reference = oci::Reference::find(name.substr(0, name.find("::")))
                                 .value_or(oci::Reference::parse("layout"));
  reference.tag.clear();
  reference.digest = images.find(layout.tag, layout.digest).digest;
  layouts_.insert_or_assign(reference.str(), std::move(images));
  return reference;
}

std::optional<FoundImage> Images::find_in_layout(const oci::Reference& reference,
                                                 const oci::Platform& platform) {
  auto layout = layouts_.find(reference.str());
  if (layout == layouts_.end()) return std::nullopt;
  ImageLayout::Found imported = layout->second.import_image(*reference.digest, platform, store_);
  FoundImage found{.reference = reference,
                   .config = oci::parse_image_config(imported.config_bytes),
                   .id = imported.manifest.config.digest,
                   .manifest = std::move(imported.manifest),
                   .manifest_digest = imported.manifest_digest,
                   .digest = reference.digest,
                   .is_from_layout = true};
  check_layers(found);
  return found;
}

std::optional<FoundImage> Images::find_local(const oci::Reference& reference,
                                             const oci::Platform& platform) {
  std::optional<store::Image> image = store_.images().find(reference, platform);
  if (!image || !fits(image->platform, platform)) return std::nullopt;
  return usable(*image, reference);
}

// An image with a layer that is neither unpacked nor a blob here must be pulled again.
std::optional<FoundImage> Images::usable(const store::Image& image,
                                         const oci::Reference& reference) {
  for (const store::ImageLayer& layer : store_.images().layers(image.id)) {
    if (!layer.view && store_.layer_blobs().find(layer.diff_id).empty()) return std::nullopt;
  }
  std::optional<Digest> digest = store_.images().digest_of(reference);
  store::Image named = image;
  named.manifest = manifest_of_name(store_, image, digest);
  return FoundImage{.reference = reference,
                    .config = store_.images().config(image.id),
                    .id = image.id,
                    .manifest = store_.images().manifest(named),
                    .manifest_digest = named.manifest,
                    .digest = digest,
                    .is_local = true};
}

FoundImage Images::find_remote(const oci::Reference& reference, const oci::Platform& platform) {
  registry::ResolvedManifest resolved = client_.resolve(reference, platform);
  FoundImage found{.reference = reference,
                   .config = std::move(resolved.config),
                   .id = resolved.manifest.config.digest,
                   .manifest = resolved.manifest,
                   .manifest_digest = resolved.descriptor.digest,
                   .digest = resolved.digest,
                   .is_local = false};
  check_layers(found);
  // Stored at once, as they are small: a later record_image() needs them.
  store_.blobs().put(resolved.bytes);
  if (!resolved.index_bytes.empty()) store_.blobs().put(resolved.index_bytes);
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
  return open_blob(image, layer);
}

std::unique_ptr<ByteSource> Images::open_blob(const FoundImage& image, std::size_t layer) {
  const oci::Descriptor& blob = image.manifest->layers.at(layer);
  if (std::optional<sys::Fd> fd = store_.blobs().find(blob.digest)) {
    return std::make_unique<BlobSource>(std::move(*fd));
  }
  return std::make_unique<KeepingSource>(
      client_.fetch_blob(image.reference, blob),
      store_.blobs().writer({.digest = blob.digest, .size = blob.size, .is_verified = true}));
}

void Images::record_image(const FoundImage& image) {
  if (image.is_local) return;
  bool complete = true;
  for (const oci::Descriptor& layer : image.manifest->layers) {
    complete = complete && store_.blobs().has(layer.digest);
    if (came_from_registry(image)) {
      // Lets a later push to the same registry mount the layer instead of uploading it.
      store_.layer_blobs().add_place(layer.digest, image.reference.registry,
                                     image.reference.repository);
    }
  }
  std::int64_t size = 0;
  for (const store::ImageLayer& layer : store_.images().layers(image.id)) {
    if (layer.view) size += store_.snapshots().layer_size(*layer.view);
  }
  std::optional<Digest> digest = image.digest ? image.digest : image.manifest_digest;
  store_.images().add({.id = image.id,
                       .manifest = complete ? image.manifest_digest : std::nullopt,
                       .created = image.config.created.value_or(Timestamp{}),
                       .size = size,
                       .platform = image.config.platform,
                       .names = {image.reference}},
                      {.digest = digest, .is_index = digest != image.manifest_digest});
}

}  // namespace cairn::source
