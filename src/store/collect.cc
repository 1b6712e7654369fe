// SPDX-License-Identifier: Apache-2.0
//
// Selected records lose their rows first; marking then starts from the roots that are left, and the
// sweep takes every file and row that is not marked. So one rule decides about unreferenced data,
// whether it was selected now or left behind by a crash.
#include "store/internal/collect.h"

#include <fcntl.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/attempt.h"
#include "base/error.h"
#include "base/sys/disk.h"
#include "base/sys/fd.h"
#include "store/internal/inventory.h"

namespace cairn::store {
namespace {

struct Marked {
  std::set<std::string> snapshots;  // texts of ids, as the directories are named
  std::set<std::string> blobs;      // hex digests, as the files are named
  std::set<std::string> faults;     // of images that cannot be read
};

void mark_stack(const StoreTables& tables, const SnapshotId& top, Marked& marked) {
  if (marked.snapshots.contains(top.text())) return;
  for (const SnapshotId& id : tables.snapshots.stack(top)) marked.snapshots.insert(id.text());
}

// Marks an image by its config, since its rows may be gone already.
void mark_image(const StoreTables& tables, const Image& image, Marked& marked) {
  ImageParts parts = parts_of(tables, image);
  marked.blobs.insert(parts.blobs.begin(), parts.blobs.end());
  for (const SnapshotId& id : parts.snapshots) mark_stack(tables, id, marked);
  if (!parts.fault.empty()) marked.faults.insert(std::move(parts.fault));
}

void mark_used(const StoreTables& tables, const Pins& others, Marked& marked) {
  marked.blobs.insert(others.blobs.begin(), others.blobs.end());
  for (const std::string& name : others.snapshots) {
    std::optional<SnapshotId> id = SnapshotId::find(name);
    if (id && tables.snapshots.find(*id)) mark_stack(tables, *id, marked);
    marked.snapshots.insert(name);  // perhaps about to be added
  }
  for (const std::string& id : others.images) mark_image(tables, {.id = Digest::parse(id)}, marked);
}

Marked mark(const StoreTables& tables, const Pins& others) {
  Marked marked;
  mark_used(tables, others, marked);
  for (const Image& image : tables.images.list()) mark_image(tables, image, marked);
  for (std::string& manifest : layout_manifests(tables)) marked.blobs.insert(std::move(manifest));
  for (const CacheRecord& record : tables.records.list()) {
    if (!record.snapshot.is_empty_root() && tables.snapshots.find(record.snapshot)) {
      mark_stack(tables, record.snapshot, marked);
    }
  }
  return marked;
}

// Moves files to the trash and deletes their rows, in one transaction. If killed before its end,
// rows are left whose files are in the trash; they are dropped when met. A power cut may also leave
// files without rows, for the next collection.
class Removal {
 public:
  Removal(const StoreTables& tables, const std::string& trash, const Pins& others)
      : tables_(tables), trash_(sys::open_dir(trash)), others_(others) {}

  void apply(const Choice& choice, const std::string& reason) {
    std::set<SnapshotId> evicted;
    for (const UsageRecord& record : choice.evicted) {
      take(record);
      if (record.kind == UsageKind::kSnapshot) evicted.insert(SnapshotId::parse(record.id));
    }
    std::vector<SnapshotId> without_record(evicted.begin(), evicted.end());
    for (const UsageRecord& record : choice.records_dropped) {
      without_record.push_back(SnapshotId::parse(record.id));
    }
    tables_.records.evict(without_record, reason);
    for (const auto& [id, size] : choice.passed_on) {
      if (evicted.contains(id)) continue;
      tables_.snapshots.add_size(id, size);
      collected_.bytes -= size;
    }
    collected_.evicted = choice.evicted;
  }

  Collected sweep() {
    Marked marked = mark(tables_, others_);
    collected_.faults.assign(marked.faults.begin(), marked.faults.end());
    sweep_snapshots(marked);
    sweep_blobs(marked);
    sweep_cache_mounts();
    sweep_contexts(marked);
    return std::move(collected_);
  }

 private:
  void take(const UsageRecord& record) {
    switch (record.kind) {
      case UsageKind::kSnapshot:
      case UsageKind::kBlob: return;  // the sweep removes them, if nothing refers to them
      case UsageKind::kImage: return tables_.images.drop(Digest::parse(record.id));
      case UsageKind::kCacheMount:
        if (!discard_cache_mount(record.id)) return;  // a step has just locked it
        collected_.bytes += record.size;
        return tables_.cache_mounts.drop(record.id);
      case UsageKind::kContextIndex:
        collected_.bytes += record.size;
        return discard(sys::open_dir(tables_.contexts_dir()), record.id);
    }
  }

  // With the files beside it: NAME.new was never finished, NAME.make is the lock for making it.
  bool discard_cache_mount(const std::string& name) {
    std::optional<sys::LockFile> ours = tables_.cache_mounts.try_own(name);
    if (!ours) return false;
    sys::Fd dir = sys::open_dir(tables_.cache_mounts_dir());
    for (const char* end : {"", ".new", ".make"}) {
      if (sys::find_stat_at(dir, (name + end).c_str())) discard(dir, name + end);
    }
    return true;
  }

  // A tree of mapped ids cannot be moved outside the builder's namespace: it stays for a collection
  // that can.
  void discard(const sys::Fd& dir, const std::string& name) {
    best_effort(
        [&] { sys::rename_at(dir, name.c_str(), trash_, std::to_string(discarded_++).c_str()); });
  }

  void sweep_snapshots(const Marked& marked) {
    std::vector<SnapshotRecord> all = tables_.snapshots.list();
    // Newest first, so that no row has dependants when it is deleted: cascading costs more.
    for (auto record = all.rbegin(); record != all.rend(); ++record) {
      if (marked.snapshots.contains(record->id.text())) continue;
      tables_.snapshots.drop(record->id);
      collected_.bytes += record->size;
      ++collected_.snapshots;
    }
    sys::Fd dir = sys::open_dir(tables_.snapshots_dir());
    for (const sys::DirEntry& entry : sys::list_dir(dir)) {
      if (!marked.snapshots.contains(entry.name)) discard(dir, entry.name);
    }
  }

  void sweep_blobs(const Marked& marked) {
    sys::Fd dir = sys::open_dir(tables_.blobs_dir());
    for (const sys::DirEntry& entry : sys::list_dir(dir)) {
      if (marked.blobs.contains(entry.name)) continue;
      collected_.bytes += sys::stat_at(dir, entry.name.c_str()).st_size;
      ++collected_.blobs;
      tables_.layer_blobs.drop(entry.name);
      discard(dir, entry.name);
    }
  }

  // Locks and unfinished directories whose cache mount is gone.
  void sweep_cache_mounts() {
    std::set<std::string> names, others;
    for (const CacheMountRecord& mount : tables_.cache_mounts.list()) names.insert(mount.name);
    for (const sys::DirEntry& entry : sys::list_dir(sys::open_dir(tables_.cache_mounts_dir()))) {
      std::string name = entry.name.substr(0, entry.name.find('.'));
      if (!names.contains(name)) others.insert(std::move(name));
    }
    for (const std::string& name : others) discard_cache_mount(name);
  }

  // Removes files of removed snapshots, and all but the most recent of the others; lost indexes are
  // only read again.
  void sweep_contexts(const Marked& marked) {
    constexpr std::size_t kKept = 200;
    sys::Fd dir = sys::open_dir(tables_.contexts_dir());
    std::vector<std::pair<std::int64_t, std::string>> others;
    for (const sys::DirEntry& entry : sys::list_dir(dir)) {
      std::size_t dot = entry.name.find('.');
      if (dot == std::string::npos) {
        others.emplace_back(-sys::stat_at(dir, entry.name.c_str()).st_mtim.tv_sec, entry.name);
      } else if (!marked.snapshots.contains(entry.name.substr(0, dot))) {
        discard(dir, entry.name);
      }
    }
    std::ranges::sort(others);
    for (std::size_t i = kKept; i < others.size(); ++i) discard(dir, others[i].second);
  }

  const StoreTables& tables_;
  sys::Fd trash_;
  const Pins& others_;
  Collected collected_;
  int discarded_ = 0;
};

}  // namespace

Collected collect_garbage(const StoreTables& tables, const InUse& in_use,
                          const std::function<void()>& publish_layout,
                          const std::optional<Pruning>& pruning, const std::string& trash) {
  Removal removal(tables, trash, in_use.others);
  if (pruning) {
    std::vector<UsageRecord> usage =
        take_inventory(tables, pruning->kept, in_use.ours, in_use.others);
    removal.apply(choose(usage, pruning->gc_policy, sys::disk_space(tables.root)), pruning->reason);
  }
  publish_layout();  // marking trusts index.json, so bring it up to date
  return removal.sweep();
}

}  // namespace cairn::store
