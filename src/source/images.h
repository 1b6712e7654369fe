// SPDX-License-Identifier: Apache-2.0
//
// Finds images: in the local store first, then at their registry. Resolving reads only manifest and
// config. Layers are opened one by one when they are unpacked, and what is downloaded becomes a
// blob of the store on its way. Thread-safe, except that use_layout() comes before everything else.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/stream.h"
#include "oci/manifest.h"
#include "plan/build_options.h"
#include "plan/image_resolver.h"
#include "plan/plan.h"
#include "progress/sink.h"
#include "registry/client.h"
#include "source/layout.h"
#include "store/store.h"

namespace cairn::source {

// An image, as far as it is known without its layers.
struct FoundImage {
  oci::Reference reference;
  oci::ImageConfig config;
  Digest id;  // of the config
  // nullopt for an image built here and never exported.
  std::optional<oci::Manifest> manifest = std::nullopt;
  std::optional<Digest> manifest_digest = std::nullopt;
  // The digest of the reference: of the manifest, or of the index it was selected from.
  std::optional<Digest> digest = std::nullopt;
  bool is_local = false;
  bool is_from_layout = false;  // from this disk, whatever its name says
};

enum class Pull { kWhenMissing, kAlways };

class Images final : public plan::ImageResolver {
 public:
  Images(store::Store& store, registry::Client& client, progress::Sink& sink, Pull pull)
      : store_(store), client_(client), sink_(sink), pull_(pull) {}

  plan::ResolvedImage resolve(const oci::Reference& reference,
                              const oci::Platform& platform) override;

  // The same, with everything known. Each (reference, platform) is resolved once per process.
  FoundImage find(const oci::Reference& reference, const oci::Platform& platform);

  // Makes a layout on disk the source of an image, and returns the reference to find it by, which
  // has the image's digest and resembles `name` if possible. Throws kUsage if there is no such
  // layout or image.
  oci::Reference use_layout(const std::string& name, const plan::LayoutContext& layout);

  // Finds by name or id in the store; an unknown name is resolved at its registry.
  FoundImage find_any(const std::string& name_or_id, const oci::Platform& platform);

  // The compressed bytes of one layer, verified against the descriptor at their end. Bytes from the
  // registry become a blob of the store once they were read to the end.
  std::unique_ptr<ByteSource> open_layer(const FoundImage& image, std::size_t layer);

  // The same, but only the blob that the image's manifest names. The image must have a manifest.
  std::unique_ptr<ByteSource> open_blob(const FoundImage& image, std::size_t layer);

  // Adds the image to the store under its name, with its manifest if all blobs are there.
  void record_image(const FoundImage& image);

 private:
  std::optional<FoundImage> find_known(const oci::Reference& reference,
                                       const oci::Platform& platform);
  std::optional<FoundImage> usable(const store::Image& image, const oci::Reference& reference);
  std::optional<FoundImage> find_local(const oci::Reference& reference,
                                       const oci::Platform& platform);
  std::optional<FoundImage> find_in_layout(const oci::Reference& reference,
                                           const oci::Platform& platform);
  FoundImage find_remote(const oci::Reference& reference, const oci::Platform& platform);

  store::Store& store_;
  registry::Client& client_;
  progress::Sink& sink_;
  Pull pull_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, FoundImage> found_;
  std::map<std::string, ImageLayout> layouts_;  // by reference; set up before anything is found
};

}  // namespace cairn::source
