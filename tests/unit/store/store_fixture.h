// SPDX-License-Identifier: Apache-2.0
//
// A store in a temporary directory, and images made of nothing to put into it.
#pragma once

#include <doctest/doctest.h>
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
  store::SnapshotId snapshot(const store::SnapshotId& parent = store::SnapshotId::empty_root(),
                             const std::vector<std::string>& layers = {}, bool synced = true) {
    store::SnapshotRecord record{.id = store::SnapshotId::random(), .parent = parent};
    record.size = 10;
    record.synced = synced;
    sys::make_dirs(store.snapshots().path(record.id), 0755);
    store.snapshots().add(record);
    std::vector<oci::DiffId> ids;
    for (const std::string& layer : layers) ids.emplace_back(Digest::of(layer));
    if (!ids.empty()) store.snapshots().set_chain(oci::chain_id(ids), {.snapshot = record.id});
    return record.id;
  }
  // The same on the empty root.
  store::SnapshotId bottom(const std::vector<std::string>& layers, bool synced = true) {
    return snapshot(store::SnapshotId::empty_root(), layers, synced);
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

// One more user of the store at `root`: as good as another process, with leases, locks and
// descriptors of its own.
inline StoreFixture fixture_at(const std::string& root) {
  return {.dir = sys::TempDir("/tmp"), .store = store::Store::open(root)};
}

inline std::vector<std::string> names_in(const std::string& path) {
  std::vector<std::string> names;
  for (const sys::DirEntry& entry : sys::list_dir(sys::open_path(path, O_RDONLY | O_DIRECTORY))) {
    names.push_back(entry.name);
  }
  return names;
}

// In tmp/ a living process has its lease and its work directory, of one name; nothing else is left.
inline void check_only_ours_in_tmp(const store::Store& store) {
  std::string own = store.tmp_dir();
  own = own.substr(own.rfind('-'));
  sys::Fd tmp = sys::open_path(store.root() + "/tmp", O_RDONLY | O_DIRECTORY);
  for (const sys::DirEntry& entry : sys::list_dir(tmp)) {
    CAPTURE(entry.name);
    // Of one killed while it made its lease, which is swept after a minute.
    if (entry.name.starts_with("new-")) continue;
    CHECK((entry.name == "lease" + own || entry.name == "work" + own));
  }
}

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
