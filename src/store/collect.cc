// SPDX-License-Identifier: Apache-2.0
#include "store/internal/collect.h"

#include <fcntl.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/sys/disk.h"
#include "base/sys/fd.h"
#include "store/internal/inventory.h"
#include "store/internal/layout.h"

namespace cairn::store {
namespace {

struct Marked {
  std::set<std::string> snapshots;
  std::set<std::string> blobs;  // hex names, as files are called
};

void mark_stack(Store& store, const std::string& top, Marked& marked) {
  if (marked.snapshots.contains(top)) return;
  for (const std::string& id : store.snapshots().stack(top)) marked.snapshots.insert(id);
}

Marked mark(Store& store) {
  Marked marked;
  for (const Image& image : store.images().list()) {
    ImageParts parts = parts_of(store, image);
    marked.blobs.insert(parts.blobs.begin(), parts.blobs.end());
    for (const std::string& id : parts.snapshots) mark_stack(store, id, marked);
  }
  for (std::string& manifest : layout_manifests(store)) marked.blobs.insert(std::move(manifest));
  for (const CacheRecord& record : store.records().list()) {
    if (!record.snapshot.empty() && store.snapshots().find(record.snapshot)) {
      mark_stack(store, record.snapshot, marked);
    }
  }
  return marked;
}

sys::Fd open_dir(const std::string& path) {
  return sys::open_path(path, O_RDONLY | O_DIRECTORY);
}

// Takes things away: rows are deleted, and what they name is moved to the trash, all under one
// transaction. Killed before its end, rows may be left whose files are in the trash already; those
// are dropped when met. A cut of power may also leave files without a row, for the next collection.
class Removal {
 public:
  Removal(Store& store, const std::string& trash)
      : store_(store), trash_path_(trash), trash_(open_dir(trash)) {}

  void apply(const Choice& choice, const std::string& reason) {
    std::set<std::string> taken;
    std::vector<std::string> evicted;
    for (const Holding& holding : choice.taken) {
      taken.insert(holding.id);
      take(holding);
      if (holding.kind == HoldingKind::kSnapshot) evicted.push_back(holding.id);
    }
    for (const Holding& holding : choice.forgotten) evicted.push_back(holding.id);
    store_.records().evict(evicted, reason);
    for (const auto& [id, size] : choice.passed_on) {
      if (taken.contains(id)) continue;
      store_.snapshots().add_size(id, size);
      collected_.bytes -= size;
    }
    collected_.taken = choice.taken;
  }

  Collected sweep() {
    Marked marked = mark(store_);
    sweep_snapshots(marked);
    sweep_blobs(marked);
    sweep_cache_mounts();
    sweep_contexts(marked);
    sweep_tmp();
    return std::move(collected_);
  }

 private:
  void take(const Holding& holding) {
    switch (holding.kind) {
      case HoldingKind::kSnapshot:
      case HoldingKind::kBlob: return;  // are swept, once nothing names them any more
      case HoldingKind::kImage: return store_.images().drop(Digest::parse(holding.id));
      case HoldingKind::kCacheMount:
        collected_.bytes += holding.size;
        store_.cache_mounts().drop(holding.id);
        return discard(open_dir(store_.cache_mounts_dir()), holding.id);
      case HoldingKind::kContextIndex:
        collected_.bytes += holding.size;
        return discard(open_dir(store_.contexts_dir()), holding.id);
    }
  }

  // A tree of other ids cannot be moved outside the builder's namespace: it stays for a collection
  // that may.
  void discard(const sys::Fd& dir, const std::string& name) {
    try {
      sys::rename_at(dir, name.c_str(), trash_, std::to_string(discarded_++).c_str());
    } catch (const Error&) {
    }
  }

  void sweep_snapshots(const Marked& marked) {
    std::vector<SnapshotRecord> all = store_.snapshots().list();
    // The newest first, so that none stands on the one that goes: what cascades costs more.
    for (auto record = all.rbegin(); record != all.rend(); ++record) {
      if (marked.snapshots.contains(record->id)) continue;
      store_.snapshots().drop(record->id);
      collected_.bytes += record->size;
      ++collected_.snapshots;
    }
    sys::Fd dir = open_dir(store_.root() + "/snapshots");
    for (const sys::DirEntry& entry : sys::list_dir(dir)) {
      if (!marked.snapshots.contains(entry.name)) discard(dir, entry.name);
    }
  }

  void sweep_blobs(const Marked& marked) {
    sys::Fd dir = open_dir(store_.root() + "/oci/blobs/sha256");
    for (const sys::DirEntry& entry : sys::list_dir(dir)) {
      if (marked.blobs.contains(entry.name)) continue;
      collected_.bytes += sys::stat_at(dir, entry.name.c_str()).st_size;
      ++collected_.blobs;
      store_.layer_blobs().drop(entry.name);
      discard(dir, entry.name);
    }
  }

  // Each directory has locks beside it, NAME.lock and NAME.make; NAME.new was never finished.
  void sweep_cache_mounts() {
    std::set<std::string> names;
    for (const CacheMountRecord& mount : store_.cache_mounts().list()) names.insert(mount.name);
    sys::Fd dir = open_dir(store_.cache_mounts_dir());
    for (const sys::DirEntry& entry : sys::list_dir(dir)) {
      std::string name = entry.name.substr(0, entry.name.find('.'));
      if (!names.contains(name) || entry.name == name + ".new") discard(dir, entry.name);
    }
  }

  // Files that go with a snapshot, and the most recent of all others: what is lost is read again.
  void sweep_contexts(const Marked& marked) {
    constexpr std::size_t kKept = 200;
    sys::Fd dir = open_dir(store_.contexts_dir());
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

  // What crashed processes left. Nobody works here now.
  void sweep_tmp() {
    std::string own = trash_path_.substr(trash_path_.rfind('/') + 1);
    sys::Fd dir = open_dir(store_.tmp_dir());
    for (const sys::DirEntry& entry : sys::list_dir(dir)) {
      if (entry.name != own) discard(dir, entry.name);
    }
  }

  Store& store_;
  std::string trash_path_;
  sys::Fd trash_;
  Collected collected_;
  int discarded_ = 0;
};

}  // namespace

Collected collect_garbage(Store& store, const Layout& layout, const Uses& uses,
                          const std::optional<Pruning>& pruning, const std::string& trash) {
  Choice choice;
  if (pruning) {
    measure(store);
    std::vector<Holding> holdings = take_inventory(store, pruning->kept, uses);
    choice = choose(holdings, pruning->retention, sys::disk_space(store.root()));
  }
  Removal removal(store, trash);
  Collected collected;
  store.atomically([&] {
    if (pruning) {
      removal.apply(choice, pruning->reason);
      layout.publish();
    }
    collected = removal.sweep();
  });
  return collected;
}

std::vector<std::string> empty_directory(const std::string& path) {
  std::vector<std::string> names;
  for (const sys::DirEntry& entry : sys::list_dir(open_dir(path))) names.push_back(entry.name);
  return remove_entries(path, names);
}

std::vector<std::string> remove_entries(const std::string& path,
                                        const std::vector<std::string>& names) {
  if (names.empty()) return {};
  sys::Fd dir = open_dir(path);
  std::vector<std::string> stayed;
  for (const std::string& name : names) {
    try {
      sys::remove_tree_at(dir, name.c_str());
    } catch (const Error&) {
      stayed.push_back(name);
    }
  }
  return stayed;
}

}  // namespace cairn::store
