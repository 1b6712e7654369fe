// SPDX-License-Identifier: Apache-2.0
//
// A stack is checked from the top down, row and directory of each snapshot, and what was seen is
// remembered, as a pinned snapshot cannot go. A broken row found on the way is dropped only after
// the gate is left: dropping waits for the database's writer, and nobody may wait inside the gate.
#include "store/snapshot_index.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/sys/fd.h"
#include "base/sys/xattr.h"
#include "base/text.h"
#include "store/internal/database.h"
#include "store/internal/lease.h"
#include "store/internal/snapshot_columns.h"

namespace cairn::store {
namespace {

// Identifies this boot. Sandboxes without a boot id (gVisor) have the boot time.
std::string boot_id() {
  if (auto id = sys::find_file("/proc/sys/kernel/random/boot_id", 100))
    return std::string(trim(*id));
  std::string stat = sys::find_file("/proc/stat", 1 << 20).value_or("");
  std::size_t at = stat.find("\nbtime ");
  return at == std::string::npos ? "unknown"
                                 : stat.substr(at + 1, stat.find('\n', at + 1) - at - 1);
}

SnapshotRecord read_snapshot(Row& row) {
  SnapshotRecord record{.id = snapshot_column(row, 0), .parent = snapshot_column(row, 1)};
  record.size = row.integer(2);
  record.created.seconds = row.integer(3);
  record.last_used.seconds = row.integer(4);
  record.synced = row.null(5);
  return record;
}

#define CAIRN_SNAPSHOT_COLUMNS \
  "SELECT id, parent, size, created, last_used, unsynced_boot FROM snapshots "

// The largest time stands for "no clamp".
constexpr std::int64_t kNoClamp = INT64_MAX;

std::int64_t clamp_column(const LayerView& layer) {
  return layer.clamp.seconds().value_or(kNoClamp);
}

// Stands for "the parent" in the column `base`; it is no id. The empty root is "".
constexpr const char* kParent = ".";

std::string base_column(const LayerView& layer) {
  return layer.base.is_parent() ? kParent : layer.base.ancestor().text();
}

LayerBase read_base(const std::string& column) {
  return column == kParent ? LayerBase::parent() : LayerBase::below(SnapshotId::parse(column));
}

SnapshotId read_id(Row& row) {
  return snapshot_column(row, 0);
}

// On the root of a snapshot. overlayfs hides its own namespace ("user.overlay."), so no step sees
// the mark, and no layer contains it.
constexpr const char* kLostOwners = "user.overlay.cairn.lost-owners";

}  // namespace

SnapshotIndex::SnapshotIndex(Database& database, Lease& lease, std::string dir)
    : database_(database), lease_(lease), dir_(std::move(dir)), boot_(boot_id()) {}

std::string SnapshotIndex::path(const SnapshotId& id) const {
  return dir_ + "/" + id.text();
}

void SnapshotIndex::add(const SnapshotRecord& s) {
  CAIRN_ASSERT(!s.id.is_empty_root(), "the empty root is not stored");
  lease_.keep_new(PinKind::kSnapshot, s.id.text());
  database_.run(
      "INSERT INTO snapshots (id, parent, size, created, last_used, unsynced_boot) "
      "VALUES (?, ?, ?, ?, ?, ?)",
      s.id.text(), nullable(s.parent), s.size, s.created.seconds, now().seconds,
      s.synced ? std::nullopt : std::optional(boot_));
}

std::optional<SnapshotRecord> SnapshotIndex::find(const SnapshotId& id) {
  auto record = database_.find(CAIRN_SNAPSHOT_COLUMNS "WHERE id = ?", read_snapshot, id.text());
  if (!record || find_stack(id).empty()) return std::nullopt;
  return record;
}

std::vector<SnapshotId> SnapshotIndex::stack(const SnapshotId& id) {
  std::vector<SnapshotId> ids = find_stack(id);
  if (ids.empty()) throw Error::of(ErrorKind::kCorrupt, "snapshot {} is gone", id);
  return ids;
}

std::vector<std::string> SnapshotIndex::stack_paths(const SnapshotId& id) {
  std::vector<std::string> paths;
  if (id.is_empty_root()) return paths;
  for (const SnapshotId& part : stack(id)) paths.push_back(path(part));
  return paths;
}

// From bottom to top; empty if any part is gone.
std::vector<SnapshotId> SnapshotIndex::find_stack(const SnapshotId& id) {
  std::vector<SnapshotId> ids;
  std::optional<SnapshotId> lost;
  {
    auto alone = database_.hold();
    lease_.keep(PinKind::kSnapshot, id.text(), [&] {
      ids = look_for_stack(id, lost);
      return !ids.empty();
    });
  }
  if (lost) drop(*lost);  // outside the gate: it waits for writers
  return ids;
}

std::vector<SnapshotId> SnapshotIndex::look_for_stack(const SnapshotId& id,
                                                      std::optional<SnapshotId>& lost) {
  std::vector<SnapshotId> ids;
  for (SnapshotId at = id; !at.is_empty_root();) {
    std::optional<SnapshotId> parent = find_parent(at, lost);
    if (!parent) return {};
    ids.push_back(std::exchange(at, std::move(*parent)));
  }
  std::ranges::reverse(ids);
  return ids;
}

// The parent of `id`, if `id` exists. Sets `lost` to an id that has a row but
// no directory.
std::optional<SnapshotId> SnapshotIndex::find_parent(const SnapshotId& id,
                                                     std::optional<SnapshotId>& lost) {
  {
    std::lock_guard lock(mutex_);
    if (auto seen = seen_.find(id); seen != seen_.end()) return seen->second;
  }
  auto parent = database_.find("SELECT parent FROM snapshots WHERE id = ?", read_id, id.text());
  if (parent && !sys::exists(path(id))) {
    lost = id;
    return std::nullopt;
  }
  std::lock_guard lock(mutex_);
  if (parent) seen_.emplace(id, *parent);
  return parent;
}

void SnapshotIndex::set_diff_id(const LayerView& layer, const oci::DiffId& diff_id,
                                std::int64_t size) {
  database_.run(
      "INSERT OR REPLACE INTO layers (snapshot, base, clamp, diff_id, size) VALUES (?, ?, ?, ?, ?)",
      layer.snapshot.text(), base_column(layer), clamp_column(layer), diff_id.str(), size);
}

std::optional<oci::DiffId> SnapshotIndex::find_diff_id(const LayerView& layer) {
  {
    std::lock_guard lock(mutex_);
    if (auto asked = diff_ids_.find(layer); asked != diff_ids_.end()) return asked->second;
  }
  auto found = database_.find(
      "SELECT diff_id FROM layers WHERE snapshot = ? AND base = ? AND clamp = ?",
      [](Row& row) { return oci::DiffId::parse(row.text(0)); }, layer.snapshot.text(),
      base_column(layer), clamp_column(layer));
  std::lock_guard lock(mutex_);
  if (found) diff_ids_.emplace(layer, *found);
  return found;
}

std::int64_t SnapshotIndex::layer_size(const LayerView& layer) {
  return database_
      .find(
          "SELECT size FROM layers WHERE snapshot = ? AND base = ? AND clamp = ?",
          [](Row& row) { return row.integer(0); }, layer.snapshot.text(), base_column(layer),
          clamp_column(layer))
      .value_or(0);
}

void SnapshotIndex::set_chain(const oci::ChainId& chain, const LayerView& layer) {
  database_.run("INSERT OR REPLACE INTO chains (chain, snapshot, clamp, base) VALUES (?, ?, ?, ?)",
                chain.str(), layer.snapshot.text(), clamp_column(layer), base_column(layer));
}

// Of several equal snapshots, always returns the same (the oldest), so that steps on top of it find
// their cache records. A snapshot with lost owners comes last.
std::optional<LayerView> SnapshotIndex::first_of(const oci::ChainId& chain, bool may_lose_owners) {
  auto layers = database_.query(
      "SELECT c.snapshot, c.clamp, c.base FROM chains c JOIN snapshots s ON s.id = c.snapshot "
      "WHERE c.chain = ? ORDER BY s.created, s.id",
      [](Row& row) {
        LayerView layer{.snapshot = snapshot_column(row, 0)};
        if (row.integer(1) != kNoClamp) layer.clamp = Clamp::at(row.integer(1));
        layer.base = read_base(row.text(2));
        return layer;
      },
      chain.str());
  std::optional<LayerView> without_owners;
  for (LayerView& layer : layers) {
    if (find_stack(layer.snapshot).empty()) continue;
    if (!has_lost_owners(layer.snapshot)) return std::move(layer);
    if (!without_owners) without_owners = std::move(layer);
  }
  return may_lose_owners ? without_owners : std::nullopt;
}

std::optional<LayerView> SnapshotIndex::find_by_chain(const oci::ChainId& chain) {
  return first_of(chain, allows_lost_owners_);
}

std::optional<LayerView> SnapshotIndex::find_any_by_chain(const oci::ChainId& chain) {
  return first_of(chain, true);
}

void SnapshotIndex::mark_lost_owners(const sys::Fd& directory) {
  sys::set_xattr(directory, kLostOwners, "y");
}

bool SnapshotIndex::has_lost_owners(const SnapshotId& id) const {
  return !id.is_empty_root() && sys::has_xattr(path(id).c_str(), kLostOwners);
}

void SnapshotIndex::put_origins(const SnapshotId& id, const std::vector<SnapshotId>& origins) {
  for (const SnapshotId& origin : origins) {
    database_.run("INSERT OR IGNORE INTO origins (snapshot, origin) VALUES (?, ?)", id.text(),
                  origin.text());
  }
}

std::vector<SnapshotId> SnapshotIndex::origins(const SnapshotId& id) {
  return database_.query("SELECT origin FROM origins WHERE snapshot = ? ORDER BY origin", read_id,
                         id.text());
}

bool SnapshotIndex::is_link_source(const SnapshotId& id) {
  return database_
      .find(
          "SELECT 1 FROM origins WHERE origin = ? LIMIT 1", [](Row&) { return true; }, id.text())
      .has_value();
}

void SnapshotIndex::set_size(const SnapshotId& id, std::int64_t size) {
  database_.run("UPDATE snapshots SET size = ? WHERE id = ? AND size = 0", size, id.text());
}

void SnapshotIndex::add_size(const SnapshotId& id, std::int64_t size) {
  database_.run("UPDATE snapshots SET size = size + ? WHERE id = ?", size, id.text());
}

void SnapshotIndex::set_synced(const SnapshotId& id) {
  database_.run("UPDATE snapshots SET unsynced_boot = NULL WHERE id = ?", id.text());
}

std::vector<SnapshotId> SnapshotIndex::unsynced() {
  return database_.query("SELECT id FROM snapshots WHERE unsynced_boot IS NOT NULL", read_id);
}

std::vector<SnapshotId> SnapshotIndex::drop_unsynced_of_other_boots() {
  // One cheap look without the write lock: nearly always there is nothing to do.
  auto stale = [&] {
    return database_.query("SELECT id FROM snapshots WHERE unsynced_boot <> ?", read_id, boot_);
  };
  if (stale().empty()) return {};
  Transaction transaction(database_);
  std::vector<SnapshotId> dropped = stale();
  for (const SnapshotId& id : dropped) drop(id);
  transaction.commit();
  return dropped;
}

std::vector<SnapshotRecord> SnapshotIndex::list() {
  return database_.query(CAIRN_SNAPSHOT_COLUMNS "ORDER BY created, id", read_snapshot);
}

void SnapshotIndex::drop(const SnapshotId& id) {
  database_.run("DELETE FROM snapshots WHERE id = ?", id.text());
  forget_seen();  // the cascade removed those on top of it too
}

void SnapshotIndex::forget_seen() {
  std::lock_guard lock(mutex_);
  seen_.clear();
  diff_ids_.clear();
}

}  // namespace cairn::store
