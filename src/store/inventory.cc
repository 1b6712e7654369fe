// SPDX-License-Identifier: Apache-2.0
#include "store/internal/inventory.h"

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "base/error.h"
#include "base/sys/disk.h"
#include "base/sys/fd.h"
#include "store/internal/database.h"

namespace cairn::store {
namespace {

sys::Fd open_dir(const std::string& path) {
  return sys::open_path(path, O_RDONLY | O_DIRECTORY);
}

Timestamp changed_at(const struct stat& st) {
  return {.seconds = st.st_mtim.tv_sec};
}

bool has_tag(const Image& image) {
  return std::ranges::any_of(image.names, [](const oci::Reference& name) { return !name.digest; });
}

class Inventory {
 public:
  Inventory(Store& store, KeptImages kept, const Uses& uses)
      : store_(store), kept_(kept), uses_(uses) {}

  std::vector<Holding> take() {
    add_snapshots();
    add_records();
    add_images();
    add_loose_blobs();
    add_cache_mounts();
    add_context_files();
    spread_downwards();
    return std::move(all_);
  }

 private:
  void add_snapshots() {
    for (const SnapshotRecord& snapshot : store_.snapshots().list()) {
      snapshots_.emplace(snapshot.id, all_.size());
      all_.push_back({.kind = HoldingKind::kSnapshot,
                      .id = snapshot.id,
                      .origins = store_.snapshots().origins(snapshot.id),
                      .size = snapshot.size,
                      .created = snapshot.created,
                      .last_used = snapshot.last_used});
      Holding& added = all_.back();
      if (!added.origins.empty()) {
        added.linked =
            std::max<std::int64_t>(0, store_.snapshots().layer_size({snapshot.id}) - added.size);
      }
      if (!snapshot.parent.empty()) all_.back().parents = {snapshot.parent};
    }
  }

  void add_records() {
    for (const CacheRecord& record : store_.records().list()) {
      auto found = snapshots_.find(record.snapshot);
      if (found == snapshots_.end()) continue;
      Holding& snapshot = all_[found->second];
      snapshot.recorded = true;
      snapshot.last_used = std::max(snapshot.last_used, record.last_used);
      if (uses_.has(record.key.str())) snapshot.in_use = true;
      // Others say under which key the step is known as well.
      if (record.inputs.starts_with("[[")) snapshot.inputs = record.inputs;
    }
  }

  // Those with a tag first: a blob is counted with one of them.
  void add_images() {
    std::vector<Image> images = store_.images().list();
    std::stable_partition(images.begin(), images.end(), has_tag);
    for (const Image& image : images) {
      ImageParts parts = parts_of(store_, image);
      Holding holding{
          .kind = HoldingKind::kImage,
          .id = image.id.str(),
          .parents = std::move(parts.snapshots),
          .created = image.created,
          .needed = kept_ == KeptImages::kAll || (kept_ == KeptImages::kTagged && has_tag(image)),
          .in_use = uses_.has(image.id.str()),
          .images = image.names};
      for (const std::string& blob : parts.blobs) {
        std::optional<struct stat> st = sys::find_stat_at(blobs_, blob.c_str());
        if (!st || !counted_.insert(blob).second) continue;
        holding.size += st->st_size;
        holding.last_used = std::max(holding.last_used, changed_at(*st));
      }
      for (const std::string& id : holding.parents) name_layer(id, image);
      all_.push_back(std::move(holding));
    }
  }

  // A layer is known by its step, or else by the images it came with.
  void name_layer(const std::string& id, const Image& image) {
    auto found = snapshots_.find(id);
    if (found == snapshots_.end()) return;
    std::vector<oci::Reference>& names = all_[found->second].images;
    names.insert(names.end(), image.names.begin(), image.names.end());
  }

  void add_loose_blobs() {
    for (const std::string& manifest : layout_manifests(store_)) counted_.insert(manifest);
    for (const sys::DirEntry& entry : sys::list_dir(blobs_)) {
      if (counted_.contains(entry.name)) continue;
      struct stat st = sys::stat_at(blobs_, entry.name.c_str());
      all_.push_back({.kind = HoldingKind::kBlob,
                      .id = entry.name,
                      .size = st.st_size,
                      .created = changed_at(st),
                      .last_used = changed_at(st)});
    }
  }

  void add_cache_mounts() {
    for (CacheMountRecord& mount : store_.cache_mounts().list()) {
      all_.push_back({.kind = HoldingKind::kCacheMount,
                      .id = std::move(mount.name),
                      .size = mount.size,
                      .created = mount.created,
                      .last_used = mount.last_used,
                      .name = std::move(mount.id)});
    }
  }

  // ID.anything counts with the snapshot ID.
  void add_context_files() {
    sys::Fd dir = open_dir(store_.contexts_dir());
    for (const sys::DirEntry& entry : sys::list_dir(dir)) {
      struct stat st = sys::stat_at(dir, entry.name.c_str());
      if (auto found = snapshots_.find(entry.name.substr(0, entry.name.find('.')));
          found != snapshots_.end()) {
        all_[found->second].size += st.st_size;
        continue;
      }
      all_.push_back({.kind = HoldingKind::kContextIndex,
                      .id = entry.name,
                      .size = st.st_size,
                      .created = changed_at(st),
                      .last_used = changed_at(st)});
    }
  }

  // Who needs or uses something needs and uses what that stands on.
  void spread_downwards() {
    std::vector<std::size_t> waiting(all_.size());
    for (std::size_t i = 0; i < all_.size(); ++i) waiting[i] = i;
    while (!waiting.empty()) {
      const Holding& from = all_[waiting.back()];
      waiting.pop_back();
      for (const std::string& id : from.parents) {
        auto found = snapshots_.find(id);
        if (found != snapshots_.end() && spread(from, all_[found->second]))
          waiting.push_back(found->second);
      }
    }
  }

  // Whether that was news.
  static bool spread(const Holding& from, Holding& to) {
    bool needed = to.needed || from.needed;
    bool in_use = to.in_use || from.in_use;
    Timestamp last_used = std::max(to.last_used, from.last_used);
    if (std::tie(needed, in_use, last_used) == std::tie(to.needed, to.in_use, to.last_used))
      return false;
    to.needed = needed;
    to.in_use = in_use;
    to.last_used = last_used;
    return true;
  }

  Store& store_;
  KeptImages kept_;
  const Uses& uses_;
  sys::Fd blobs_ = open_dir(store_.root() + "/oci/blobs/sha256");
  std::vector<Holding> all_;
  std::unordered_map<std::string, std::size_t> snapshots_;
  std::set<std::string> counted_;  // blobs
};

// Nothing for what is gone, or changes meanwhile, as a cache mount does that a step is using: then
// it is measured another time.
std::optional<std::int64_t> find_size(const std::string& path) {
  std::optional<sys::Fd> dir = sys::find_path(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!dir) return std::nullopt;
  try {
    return std::max<std::int64_t>(1, sys::disk_usage(*dir));  // 0 is for what was not measured
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

ImageParts parts_of(Store& store, const Image& image) {
  ImageParts parts{.blobs = {image.id.hex()}, .snapshots = {}};
  if (std::optional<oci::Manifest> manifest = store.images().manifest(image)) {
    parts.blobs.push_back(image.manifest->hex());
    for (const oci::Descriptor& layer : manifest->layers) parts.blobs.push_back(layer.digest.hex());
  }
  if (!store.blobs().has(image.id)) return parts;
  for (const ImageLayer& layer : store.images().layers(image.id)) {
    if (layer.view) parts.snapshots.push_back(layer.view->snapshot);
    for (const oci::Descriptor& blob : store.layer_blobs().find(layer.diff_id)) {
      parts.blobs.push_back(blob.digest.hex());
    }
  }
  std::ranges::sort(parts.snapshots);
  auto first = std::unique(parts.snapshots.begin(), parts.snapshots.end());
  parts.snapshots.erase(first, parts.snapshots.end());
  return parts;
}

std::vector<std::string> layout_manifests(Store& store) {
  std::vector<std::string> names;
  oci::Index layout = oci::parse_index(sys::read_file(store.root() + "/oci/index.json"));
  for (const oci::Descriptor& manifest : layout.manifests) names.push_back(manifest.digest.hex());
  return names;
}

std::vector<Holding> take_inventory(Store& store, KeptImages kept, const Uses& uses) {
  return Inventory(store, kept, uses).take();
}

KnownSize known_size(Database& database) {
  return *database.find(
      "SELECT sum(size), min(size) FROM (SELECT size FROM snapshots "
      "UNION ALL SELECT size FROM cache_mounts "
      "UNION ALL SELECT size FROM layer_blobs GROUP BY digest)",
      [](Row& row) {
        return KnownSize{.bytes = row.integer(0), .is_whole = row.null(1) || row.integer(1) > 0};
      });
}

void measure(Store& store) {
  std::map<std::string, std::int64_t> snapshots, cache_mounts;
  for (const SnapshotRecord& snapshot : store.snapshots().list()) {
    if (snapshot.size != 0) continue;
    if (auto size = find_size(store.snapshots().path(snapshot.id)))
      snapshots.emplace(snapshot.id, *size);
  }
  for (const CacheMountRecord& mount : store.cache_mounts().list()) {
    if (mount.size != 0) continue;
    if (auto size = find_size(store.cache_mounts().path(mount.name)))
      cache_mounts.emplace(mount.name, *size);
  }
  if (snapshots.empty() && cache_mounts.empty()) return;
  store.atomically([&] {
    for (const auto& [id, size] : snapshots) store.snapshots().set_size(id, size);
    for (const auto& [name, size] : cache_mounts) store.cache_mounts().set_size(name, size);
  });
}

}  // namespace cairn::store
