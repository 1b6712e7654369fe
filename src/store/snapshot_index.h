// SPDX-License-Identifier: Apache-2.0
//
// Which snapshots exist, what each stands on, and which layer each is. The directories themselves
// belong to overlay/: it makes one, renames it to path(id), and only then a row is added here. A
// row whose directory is gone, or whose stack is broken, is dropped when met. A directory is looked
// for once per process: nobody collects while an open store holds its lease. Safe from any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "oci/ids.h"

namespace cairn::store {

class Database;

struct SnapshotRecord {
  std::string id;
  std::string parent = {};  // empty for a bottom one
  std::int64_t size = 0;    // bytes that go when it goes, 0 while nobody knows
  Timestamp created = {};
  Timestamp last_used = {};
  bool synced = false;  // an unsynced one does not outlive this boot
};

// A layer as a view of a snapshot: what it adds to its parent, with file times no later than
// `clamp` (seconds since 1970; SOURCE_DATE_EPOCH). One snapshot can be several layers.
struct LayerView {
  std::string snapshot;
  std::optional<std::int64_t> clamp = std::nullopt;
  // A squashed layer: what it adds to this one further down, or to nothing when that is "".
  std::optional<std::string> base = std::nullopt;
  auto operator<=>(const LayerView&) const = default;
};

class SnapshotIndex {
 public:
  SnapshotIndex(Database& database, std::string dir);

  // A fresh name, short because overlay mount options have little room.
  static std::string new_id();
  std::string path(const std::string& id) const;  // ROOT/snapshots/ID

  // The directory must be in place. kBug for an id that is taken or a parent that is not there.
  void add(const SnapshotRecord& snapshot);

  std::optional<SnapshotRecord> find(const std::string& id);
  // Ids bottom to top, `id` last; every directory is there. kCorrupt when that cannot be said.
  std::vector<std::string> stack(const std::string& id);
  // The same as paths, for the lowers of a mount; none for an empty id.
  std::vector<std::string> stack_paths(const std::string& id);

  // The layer's diffID and the size of its tar, once somebody hashed it; and the layer at the top
  // of a chain, by which an image finds its roots again.
  void set_diff_id(const LayerView& layer, const oci::DiffId& diff_id, std::int64_t size);
  std::optional<oci::DiffId> find_diff_id(const LayerView& layer);
  std::int64_t layer_size(const LayerView& layer);  // 0 for one never hashed
  void set_chain(const oci::ChainId& chain, const LayerView& layer);
  std::optional<LayerView> find_by_chain(const oci::ChainId& chain);

  // The layers that inodes of this one may come from by hard link, itself not among them; to be put
  // with the snapshot. Those named may be gone.
  void put_origins(const std::string& id, const std::vector<std::string>& origins);
  std::vector<std::string> origins(const std::string& id);
  bool has_lent(const std::string& id);  // whether it is an origin of any

  // The first to know the size says it: who made the layer, digested it, or measured it.
  void set_size(const std::string& id, std::int64_t size);
  void add_size(const std::string& id, std::int64_t size);
  void set_synced(const std::string& id);
  void touch(const std::string& id);

  // The snapshots that only this boot vouches for.
  std::vector<std::string> unsynced();
  // Drops what another boot left unsynced, with all that names it, and gives the ids.
  std::vector<std::string> drop_unsynced_of_other_boots();
  std::vector<SnapshotRecord> list();
  void drop(const std::string& id);  // the row, those above it, and their cache records
  void forget_seen();                // after a moment without the lease

 private:
  std::vector<std::string> find_stack(const std::string& id);
  std::optional<std::string> find_parent(const std::string& id);

  Database& database_;
  std::string dir_;
  std::string boot_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::string> seen_;  // a snapshot that is there, and its parent
  std::map<LayerView, oci::DiffId> diff_ids_;          // that were asked for
};

}  // namespace cairn::store
