// SPDX-License-Identifier: Apache-2.0
//
// Where images come from: the local store first, then their registry. Resolving reads manifest and
// config alone; layers are opened one by one when somebody unpacks them, and what comes over the
// network is kept as a blob on its way. Safe from any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/stream.h"
#include "oci/manifest.h"
#include "plan/image_resolver.h"
#include "plan/plan.h"
#include "progress/sink.h"
#include "registry/client.h"
#include "source/layout.h"
#include "store/store.h"

namespace cairn::source {

// An image as far as it is known before its layers are.
struct FoundImage {
  oci::Reference reference;
  oci::ImageConfig config;
  Digest id = Digest::of("");  // of the config
  std::optional<oci::Manifest> manifest =
      std::nullopt;  // none for one built here and never exported
  std::optional<Digest> manifest_digest = std::nullopt;
  bool is_local = false;
};

enum class Pull { kWhenMissing, kAlways };

class Images final : public plan::ImageResolver {
 public:
  Images(store::Store& store, registry::Client& client, progress::Sink& sink, Pull pull)
      : store_(store), client_(client), sink_(sink), pull_(pull) {}

  plan::ResolvedImage resolve(const oci::Reference& reference,
                              const oci::Platform& platform) override;

  // The same, whole. Each (reference, platform) is resolved once per process.
  FoundImage find(const oci::Reference& reference, const oci::Platform& platform);

  // From now on the image behind `reference`, which has a digest, comes from this layout on disk.
  void use_layout(const oci::Reference& reference, ImageLayout layout);

  // By name or id of the store; a name that is not there is asked of its registry.
  FoundImage find_any(const std::string& name_or_id, const oci::Platform& platform);

  // The compressed bytes of one layer, verified against the descriptor at their end. From the
  // registry they become a blob of the store once they were read to the end.
  std::unique_ptr<ByteSource> open_layer(const FoundImage& image, std::size_t layer);

  // Makes the image known to the store under its name, with its manifest when all blobs are there.
  void keep(const FoundImage& image);

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
  std::map<std::string, ImageLayout> layouts_;  // by reference; complete before anything is found
};

}  // namespace cairn::source
