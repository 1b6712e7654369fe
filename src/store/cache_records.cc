// SPDX-License-Identifier: Apache-2.0
//
// A cached build should write nothing. So times of use are collected in memory, written for each
// record at most once an hour, and in one transaction; an eviction needs no better clock than that.
#include "store/cache_records.h"

#include "store/internal/database.h"
#include "store/internal/snapshot_columns.h"
#include "store/internal/uses.h"
#include "store/snapshot_index.h"

namespace cairn::store {
namespace {

// Seconds between updates of a record's last use: a fully cached build writes nothing else.
constexpr std::int64_t kTouchSeconds = 3600;
constexpr std::int64_t kEvictionsKept = 30L * 24 * 3600;  // seconds

CacheRecord read_cache_record(Row& row) {
  return {.key = StepKey::parse(row.text(0)),
          .snapshot = snapshot_column(row, 1),
          .inputs = row.text(2),
          .created = {.seconds = row.integer(3)},
          .last_used = {.seconds = row.integer(4)}};
}

}  // namespace

std::optional<CacheRecord> CacheRecords::find_record(const StepKey& key) {
  auto record = database_.find(
      "SELECT key, snapshot, inputs, created, last_used FROM cache_records WHERE key = ?",
      read_cache_record, key.str());
  if (!record) return std::nullopt;
  if (!record->snapshot.is_empty_root() && !snapshots_.find(record->snapshot)) return std::nullopt;
  uses_.note(key.str());
  if (now().seconds - record->last_used.seconds > kTouchSeconds) {
    std::lock_guard lock(mutex_);
    unwritten_.push_back(key);
  }
  return record;
}

void CacheRecords::put_record(const CacheRecord& record) {
  uses_.note(record.key.str());
  std::int64_t time = now().seconds;
  database_.run(
      "INSERT OR REPLACE INTO cache_records (key, snapshot, inputs, created, last_used) "
      "SELECT ?1, ?2, ?3, ?4, ?4 "
      "WHERE ?2 IS NULL OR EXISTS (SELECT 1 FROM snapshots WHERE id = ?2)",
      record.key.str(), nullable(record.snapshot), record.inputs, time);
}

void CacheRecords::write_uses() {
  std::vector<StepKey> used;
  {
    std::lock_guard lock(mutex_);
    used.swap(unwritten_);
  }
  if (used.empty()) return;
  Transaction transaction(database_);
  for (const StepKey& key : used) {
    database_.run("UPDATE cache_records SET last_used = ? WHERE key = ?", now().seconds, key.str());
  }
  transaction.commit();
}

std::vector<CacheRecord> CacheRecords::list() {
  return database_.query(
      "SELECT key, snapshot, inputs, created, last_used FROM cache_records "
      "ORDER BY last_used DESC, key",
      read_cache_record);
}

void CacheRecords::evict(const std::vector<SnapshotId>& snapshots, const std::string& reason) {
  std::int64_t time = now().seconds;
  database_.run("DELETE FROM evictions WHERE time < ?", time - kEvictionsKept);
  for (const SnapshotId& snapshot : snapshots) {
    database_.run(
        "INSERT OR REPLACE INTO evictions (key, time, reason) "
        "SELECT key, ?, ? FROM cache_records WHERE snapshot = ?",
        time, reason, snapshot.text());
    database_.run("DELETE FROM cache_records WHERE snapshot = ?", snapshot.text());
  }
}

std::optional<Eviction> CacheRecords::find_eviction(const StepKey& key) {
  return database_.find(
      "SELECT time, reason FROM evictions WHERE key = ?",
      [](Row& row) { return Eviction{.time = {.seconds = row.integer(0)}, .reason = row.text(1)}; },
      key.str());
}

}  // namespace cairn::store
