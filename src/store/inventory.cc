// SPDX-License-Identifier: Apache-2.0
//
// One record per snapshot, image, unreferenced blob, cache mount and context index. A blob used by
// several images counts with the first of them, those with a tag first. In the end "needed", "in
// use" and the last use spread from each record to its parents, until nothing changes: a base is at
// least as recent as the newest step on it.
#include "store/internal/inventory.h"

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "base/attempt.h"
#include "base/error.h"
#include "base/sys/disk.h"
#include "base/sys/fd.h"
#include "oci/limits.h"
#include "store/internal/database.h"

namespace cairn::store {
namespace {

Timestamp changed_at(const struct stat& st) {
  return {.seconds = st.st_mtim.tv_sec};
}

// By itself, or as part of a list.
bool has_tag(const Image& image) {
  auto is_tag = [](const oci::Reference& name) { return !name.digest; };
  return std::ranges::any_of(image.names, is_tag) || std::ranges::any_of(image.lists, is_tag);
}

// A manifest or an index, and everything it names that is in the store. The depth is bounded, as an
// index may name an index.
void add_document(const StoreTables& tables, const Digest& digest, std::vector<std::string>& blobs,
                  std::set<Digest>& seen, int depth = 0) {
  if (depth > oci::kMaxIndexDepth || !tables.blobs.has(digest) || !seen.insert(digest).second)
    return;
  blobs.push_back(digest.hex());
  oci::Document document = oci::parse_document(tables.blobs.read(digest, oci::kMaxManifestSize));
  if (const auto* index = std::get_if<oci::Index>(&document)) {
    for (const oci::Descriptor& entry : index->manifests) {
      add_document(tables, entry.digest, blobs, seen, depth + 1);
    }
    return;
  }
  const auto& manifest = std::get<oci::Manifest>(document);
  blobs.push_back(manifest.config.digest.hex());
  for (const oci::Descriptor& layer : manifest.layers) blobs.push_back(layer.digest.hex());
}

class Inventory {
 public:
  Inventory(const StoreTables& tables, KeptImages kept, const SessionReferences& uses,
            const Pins& others)
      : tables_(tables), kept_(kept), uses_(uses), others_(others) {}

  std::vector<UsageRecord> take() {
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
    for (const SnapshotRecord& snapshot : tables_.snapshots.list()) {
      snapshots_.emplace(snapshot.id, all_.size());
      all_.push_back({.kind = UsageKind::kSnapshot,
                      .id = snapshot.id.text(),
                      .origins = tables_.snapshots.origins(snapshot.id),
                      .size = snapshot.size,
                      .created = snapshot.created,
                      .last_used = snapshot.last_used,
                      .in_use = others_.snapshots.contains(snapshot.id.text())});
      UsageRecord& added = all_.back();
      if (!added.origins.empty()) {
        added.linked =
            std::max<std::int64_t>(0, tables_.snapshots.layer_size({snapshot.id}) - added.size);
      }
      if (!snapshot.parent.is_empty_root()) all_.back().parents = {snapshot.parent};
    }
  }

  void add_records() {
    for (const CacheRecord& record : tables_.records.list()) {
      auto found = snapshots_.find(record.snapshot);
      if (found == snapshots_.end()) continue;
      UsageRecord& snapshot = all_[found->second];
      snapshot.recorded = true;
      snapshot.last_used = std::max(snapshot.last_used, record.last_used);
      if (uses_.has(record.key.str())) snapshot.in_use = true;
      // Pairs of names and values ("[[") describe the step; other records are only aliases of its
      // key.
      if (record.inputs.starts_with("[[")) snapshot.inputs = record.inputs;
    }
  }

  // Images with a tag first: a shared blob counts with one of them.
  void add_images() {
    std::vector<Image> images = tables_.images.list();
    std::stable_partition(images.begin(), images.end(), has_tag);
    for (const Image& image : images) {
      ImageParts parts = parts_of(tables_, image);
      UsageRecord record{
          .kind = UsageKind::kImage,
          .id = image.id.str(),
          .parents = std::move(parts.snapshots),
          .created = image.created,
          .needed = kept_ == KeptImages::kAll || (kept_ == KeptImages::kTagged && has_tag(image)),
          .in_use = uses_.has(image.id.str()) || others_.images.contains(image.id.str()),
          .fault = std::move(parts.fault),
          .images = image.names};
      for (const std::string& blob : parts.blobs) {
        std::optional<struct stat> st = sys::find_stat_at(blobs_, blob.c_str());
        if (!st || !counted_.insert(blob).second) continue;
        record.size += st->st_size;
        record.last_used = std::max(record.last_used, changed_at(*st));
      }
      for (const SnapshotId& id : record.parents) name_layer(id, image);
      all_.push_back(std::move(record));
    }
  }

  // Names a layer by the images it belongs to, for layers that no step describes.
  void name_layer(const SnapshotId& id, const Image& image) {
    auto found = snapshots_.find(id);
    if (found == snapshots_.end()) return;
    std::vector<oci::Reference>& names = all_[found->second].images;
    names.insert(names.end(), image.names.begin(), image.names.end());
  }

  void add_loose_blobs() {
    // OCI twins of manifests belong to the layout, so they are not loose.
    for (const std::string& manifest : layout_manifests(tables_)) counted_.insert(manifest);
    for (const sys::DirEntry& entry : sys::list_dir(blobs_)) {
      if (counted_.contains(entry.name)) continue;
      std::optional<struct stat> st = sys::find_stat_at(blobs_, entry.name.c_str());
      if (!st) continue;  // a collection has just removed it
      all_.push_back({.kind = UsageKind::kBlob,
                      .id = entry.name,
                      .size = st->st_size,
                      .created = changed_at(*st),
                      .last_used = changed_at(*st),
                      .in_use = others_.blobs.contains(entry.name)});
    }
  }

  void add_cache_mounts() {
    for (CacheMountRecord& mount : tables_.cache_mounts.list()) {
      bool in_use = tables_.cache_mounts.is_in_use(mount.name);
      all_.push_back({.kind = UsageKind::kCacheMount,
                      .id = std::move(mount.name),
                      .size = mount.size,
                      .created = mount.created,
                      .last_used = mount.last_used,
                      .in_use = in_use,
                      .name = std::move(mount.id)});
    }
  }

  // A file ID.anything counts with the snapshot ID.
  void add_context_files() {
    sys::Fd dir = sys::open_dir(tables_.contexts_dir());
    for (const sys::DirEntry& entry : sys::list_dir(dir)) {
      std::optional<struct stat> there = sys::find_stat_at(dir, entry.name.c_str());
      if (!there) continue;
      const struct stat& st = *there;
      auto of = SnapshotId::find(entry.name.substr(0, entry.name.find('.')));
      if (auto found = of ? snapshots_.find(*of) : snapshots_.end(); found != snapshots_.end()) {
        all_[found->second].size += st.st_size;
        continue;
      }
      all_.push_back({.kind = UsageKind::kContextIndex,
                      .id = entry.name,
                      .size = st.st_size,
                      .created = changed_at(st),
                      .last_used = changed_at(st)});
    }
  }

  // Whatever needs or uses a record also needs and uses its parents.
  void spread_downwards() {
    std::vector<std::size_t> waiting(all_.size());
    for (std::size_t i = 0; i < all_.size(); ++i) waiting[i] = i;
    while (!waiting.empty()) {
      const UsageRecord& from = all_[waiting.back()];
      waiting.pop_back();
      for (const SnapshotId& id : from.parents) {
        auto found = snapshots_.find(id);
        if (found != snapshots_.end() && spread(from, all_[found->second]))
          waiting.push_back(found->second);
      }
    }
  }

  // Whether `to` has changed.
  static bool spread(const UsageRecord& from, UsageRecord& to) {
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

  const StoreTables& tables_;
  KeptImages kept_;
  const SessionReferences& uses_;
  const Pins& others_;
  sys::Fd blobs_ = sys::open_dir(tables_.blobs_dir());
  std::vector<UsageRecord> all_;
  std::unordered_map<SnapshotId, std::size_t> snapshots_;
  std::set<std::string> counted_;  // blobs
};

// nullopt if the tree is gone, or changes while it is read, as a cache mount in use does; it is
// then measured another time.
std::optional<std::int64_t> find_size(const std::string& path) {
  std::optional<sys::Fd> dir = sys::find_path(path, sys::kOpenDir);
  if (!dir) return std::nullopt;
  return if_possible([&] {
    return std::max<std::int64_t>(1, sys::disk_usage(*dir));  // 0 means unknown
  });
}

// A damaged image must not keep all others from being listed and collected. But an I/O error is
// thrown: then nothing may be removed.
void add_layers(const StoreTables& tables, const Image& image, ImageParts& parts) {
  std::vector<ImageLayer> layers;
  if (std::optional<Error> failure = failure_of([&] { layers = tables.images.layers(image.id); })) {
    if (failure->kind() != ErrorKind::kCorrupt && failure->kind() != ErrorKind::kLimit)
      throw *failure;
    std::string name = image.names.empty() ? "" : " (" + image.names.front().familiar() + ")";
    parts.fault = fmt::format("image {}{} is passed over, its config cannot be read: {}",
                              image.id.hex().substr(0, 12), name, failure->message());
    return;
  }
  for (const ImageLayer& layer : layers) {
    if (layer.view) parts.snapshots.push_back(layer.view->snapshot);
    for (const oci::Descriptor& blob : tables.layer_blobs.find(layer.diff_id)) {
      parts.blobs.push_back(blob.digest.hex());
    }
  }
}

}  // namespace

ImageParts parts_of(const StoreTables& tables, const Image& image) {
  ImageParts parts{.blobs = {image.id.hex()}, .snapshots = {}};
  if (std::optional<oci::Manifest> manifest = tables.images.manifest(image)) {
    parts.blobs.push_back(image.manifest->hex());
    for (const oci::Descriptor& layer : manifest->layers) parts.blobs.push_back(layer.digest.hex());
  }
  std::set<Digest> seen;
  for (const auto& named : image.digests) add_document(tables, named.second, parts.blobs, seen);
  if (image.base) parts.blobs.push_back(image.base->hex());
  if (!tables.blobs.has(image.id)) return parts;
  add_layers(tables, image, parts);
  std::ranges::sort(parts.snapshots);
  auto first = std::unique(parts.snapshots.begin(), parts.snapshots.end());
  parts.snapshots.erase(first, parts.snapshots.end());
  return parts;
}

std::vector<std::string> layout_manifests(const StoreTables& tables) {
  std::vector<std::string> names;
  oci::Index layout = oci::parse_index(sys::read_file(tables.root + "/oci/index.json"));
  for (const oci::Descriptor& manifest : layout.manifests) names.push_back(manifest.digest.hex());
  return names;
}

std::vector<UsageRecord> take_inventory(const StoreTables& tables, KeptImages kept,
                                        const SessionReferences& uses, const Pins& others) {
  return Inventory(tables, kept, uses, others).take();
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

void measure(const StoreTables& tables) {
  // Measures without a lock, then writes in one short transaction.
  std::map<SnapshotId, std::int64_t> snapshots;
  std::map<std::string, std::int64_t> cache_mounts;
  for (const SnapshotRecord& snapshot : tables.snapshots.list()) {
    if (snapshot.size != 0) continue;
    if (auto size = find_size(tables.snapshots.path(snapshot.id)))
      snapshots.emplace(snapshot.id, *size);
  }
  for (const CacheMountRecord& mount : tables.cache_mounts.list()) {
    if (mount.size != 0) continue;
    if (auto size = find_size(tables.cache_mounts.path(mount.name)))
      cache_mounts.emplace(mount.name, *size);
  }
  if (snapshots.empty() && cache_mounts.empty()) return;
  Transaction transaction(tables.database);
  for (const auto& [id, size] : snapshots) tables.snapshots.set_size(id, size);
  for (const auto& [name, size] : cache_mounts) tables.cache_mounts.set_size(name, size);
  transaction.commit();
}

}  // namespace cairn::store
