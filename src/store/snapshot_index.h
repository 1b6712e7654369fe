// SPDX-License-Identifier: Apache-2.0
//
// Which snapshots exist, their parents, and which layers they are. The directories belong to
// overlay/: it creates one and renames it to path(id); only then a row is added here. A row whose
// directory is gone, or whose stack is broken, is dropped when met. A snapshot that was found or
// added stays, with its parents, until this process ends (internal/lease.h), so each directory is
// checked once per process. Thread-safe.
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

#include "base/sys/fd.h"
#include "base/time.h"
#include "oci/ids.h"
#include "store/snapshot_id.h"

namespace cairn::store {

class Database;
class Lease;

struct SnapshotRecord {
  SnapshotId id;
  SnapshotId parent = SnapshotId::empty_root();
  std::int64_t size = 0;  // bytes freed if it is deleted; 0 if unknown
  Timestamp created = {};
  Timestamp last_used = {};
  bool synced = false;  // an unsynced snapshot is dropped after a reboot
};

// Where the changes of a layer start: at the parent of its snapshot or, for a squashed layer, at an
// ancestor of it or at the empty root.
class LayerBase {
 public:
  static LayerBase parent() { return LayerBase(std::nullopt); }
  static LayerBase below(SnapshotId id) { return LayerBase(std::move(id)); }

  bool is_parent() const { return !ancestor_; }
  // Only if it is not the parent.
  const SnapshotId& ancestor() const { return ancestor_.value(); }

  auto operator<=>(const LayerBase&) const = default;

 private:
  explicit LayerBase(std::optional<SnapshotId> ancestor) : ancestor_(std::move(ancestor)) {}

  std::optional<SnapshotId> ancestor_;
};

// A layer as a view of a snapshot: its changes to the base, with file times clamped to `clamp`
// (seconds since 1970; SOURCE_DATE_EPOCH). One snapshot can be several layers.
struct LayerView {
  SnapshotId snapshot;
  Clamp clamp = {};
  LayerBase base = LayerBase::parent();
  auto operator<=>(const LayerView&) const = default;
};

class SnapshotIndex {
 public:
  SnapshotIndex(Database& database, Lease& lease, std::string dir);

  std::string path(const SnapshotId& id) const;  // ROOT/snapshots/ID

  // The directory must exist already. Throws kBug for a taken id, a missing parent or the empty
  // root.
  void add(const SnapshotRecord& snapshot);

  std::optional<SnapshotRecord> find(const SnapshotId& id);
  // The ids from the bottom to `id`, whose directories all exist. Throws kCorrupt if any is
  // missing.
  std::vector<SnapshotId> stack(const SnapshotId& id);
  // The same as paths, for the lowerdirs of a mount; none for the empty root.
  std::vector<std::string> stack_paths(const SnapshotId& id);

  // The layer's diffID and the size of its tar in bytes, once computed; and the layer on top of a
  // chain, by which an image finds its snapshots again.
  void set_diff_id(const LayerView& layer, const oci::DiffId& diff_id, std::int64_t size);
  std::optional<oci::DiffId> find_diff_id(const LayerView& layer);
  std::int64_t layer_size(const LayerView& layer);  // 0 if never computed
  void set_chain(const oci::ChainId& chain, const LayerView& layer);
  // A snapshot with lost owners is found only if that is allowed and there is no other.
  std::optional<LayerView> find_by_chain(const oci::ChainId& chain);
  // The same for callers that only need the layer's bytes, for which owners are as they are.
  std::optional<LayerView> find_any_by_chain(const oci::ChainId& chain);

  // If this host lacks ids, files of other users may be unpacked as root's, if the user asks for it
  // (--ignore-owners). Such a snapshot, and those on top of it, are marked, and are not given to
  // builds without that option. Set it before other threads use the index.
  void allow_lost_owners(bool allowed) { allows_lost_owners_ = allowed; }
  bool allows_lost_owners() const { return allows_lost_owners_; }
  // Marks a directory that will be a snapshot, before it gets its name.
  static void mark_lost_owners(const sys::Fd& directory);
  bool has_lost_owners(const SnapshotId& id) const;
  bool may_use(const SnapshotId& id) const { return allows_lost_owners_ || !has_lost_owners(id); }

  // The layers that this snapshot's inodes may come from by hard link, without itself; they may be
  // deleted by now. Store them in the transaction that adds the snapshot.
  void put_origins(const SnapshotId& id, const std::vector<SnapshotId>& origins);
  std::vector<SnapshotId> origins(const SnapshotId& id);
  bool is_link_source(const SnapshotId& id);  // whether it is an origin of any snapshot

  // Sets the size in bytes if it is still unknown (0). Called by whoever learns it first: the
  // maker, the digest or the measuring.
  void set_size(const SnapshotId& id, std::int64_t size);
  void add_size(const SnapshotId& id, std::int64_t size);
  void set_synced(const SnapshotId& id);

  // The snapshots not yet synced, which exist only in this boot.
  std::vector<SnapshotId> unsynced();
  // Drops snapshots that an earlier boot left unsynced, with their records, and returns their ids.
  std::vector<SnapshotId> drop_unsynced_of_other_boots();
  std::vector<SnapshotRecord> list();
  void drop(const SnapshotId& id);  // the row, those on top of it, and their cache records
  void forget_seen();               // after a look without pins, or a collection

 private:
  std::vector<SnapshotId> find_stack(const SnapshotId& id);
  std::vector<SnapshotId> look_for_stack(const SnapshotId& id, std::optional<SnapshotId>& lost);
  std::optional<SnapshotId> find_parent(const SnapshotId& id, std::optional<SnapshotId>& lost);

  std::optional<LayerView> first_of(const oci::ChainId& chain, bool may_lose_owners);

  Database& database_;
  Lease& lease_;
  std::string dir_;
  std::string boot_;
  bool allows_lost_owners_ = false;
  std::mutex mutex_;
  std::unordered_map<SnapshotId, SnapshotId> seen_;  // existing snapshots and their parents
  std::map<LayerView, oci::DiffId> diff_ids_;        // answers of find_diff_id()
};

}  // namespace cairn::store
