// SPDX-License-Identifier: Apache-2.0
//
// A store in a temporary directory, and images made of nothing to put into it.
#pragma once

#include <fcntl.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/sys/file.h"
#include "oci/manifest.h"
#include "store/store.h"

namespace cairn::test {

struct StoreFixture {
  sys::TempDir dir{"/tmp"};
  store::Store store = store::Store::open(dir.path());

  // A snapshot with its directory; it tops the chain of `layers` when any are named.
  std::string snapshot(const std::string& parent = {}, const std::vector<std::string>& layers = {},
                       bool synced = true) {
    store::SnapshotRecord record{.id = store::SnapshotIndex::new_id(), .parent = parent};
    record.size = 10;
    record.synced = synced;
    sys::make_dirs(store.snapshots().path(record.id), 0755);
    store.snapshots().add(record);
    std::vector<oci::DiffId> ids;
    for (const std::string& layer : layers) ids.emplace_back(Digest::of(layer));
    if (!ids.empty()) store.snapshots().set_chain(oci::chain_id(ids), {.snapshot = record.id});
    return record.id;
  }

  // An image with the given layers (their "tars" are the texts themselves), not yet in the store's
  // index; its config is a blob.
  store::Image image(const std::vector<std::string>& layers, const std::string& user = {}) {
    oci::ImageConfig config;
    config.platform = oci::Platform::parse("linux/amd64");
    config.user = user;
    for (const std::string& layer : layers) config.diff_ids.emplace_back(Digest::of(layer));
    Digest id = store.blobs().put(canonical(oci::to_json(config)));
    return {.id = id, .created = {.seconds = 7}, .size = 99, .platform = config.platform};
  }

  // Puts the blobs of a manifest for `image` into the store.
  Digest manifest_for(const store::Image& image, const std::vector<std::string>& layers,
                      oci::Family family = oci::Family::kOci) {
    oci::Manifest manifest{.config = {.media_type = std::string(oci::kOciConfig),
                                      .digest = image.id,
                                      .size = *store.blobs().find_size(image.id)},
                           .layers = {}};
    for (const std::string& layer : layers) {
      manifest.layers.push_back({.media_type = std::string(oci::kOciLayer),
                                 .digest = store.blobs().put(layer),
                                 .size = static_cast<std::int64_t>(layer.size())});
    }
    manifest.media_type = oci::in_family(manifest.media_type, family);
    manifest.config.media_type = oci::in_family(manifest.config.media_type, family);
    for (auto& layer : manifest.layers) layer.media_type = oci::in_family(layer.media_type, family);
    return store.blobs().put(canonical(oci::to_json(manifest)));
  }
};

// The message and hint of the Error that `action` throws.
template <typename Action>
std::string refusal(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.message() + (error.hint().empty() ? "" : "; " + error.hint());
  }
  return "accepted";
}

}  // namespace cairn::test
