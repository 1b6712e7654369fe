// SPDX-License-Identifier: Apache-2.0
//
// Results of steps: from a key to a snapshot, with the named inputs of the key, so
// that a cache miss can be explained. The cache room defines what keys and inputs mean.
// Thread-safe.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "store/snapshot_id.h"
#include "store/step_key.h"

namespace cairn::store {

class Database;
class SnapshotIndex;
class SessionReferences;

struct CacheRecord {
  StepKey key;
  SnapshotId snapshot;
  std::string inputs;      // JSON text
  Timestamp created = {};  // set by the store, like last_used
  Timestamp last_used = {};
};

// A record was removed to free space; tells the user why a step runs again.
struct Eviction {
  Timestamp time;
  std::string reason;
};

class CacheRecords {
 public:
  CacheRecords(Database& database, SnapshotIndex& snapshots, SessionReferences& uses)
      : database_(database), snapshots_(snapshots), uses_(uses) {}

  // nullopt also if the record's snapshot, or one below it, is gone. Its use is stored later, by
  // write_uses().
  std::optional<CacheRecord> find_record(const StepKey& key);
  // Replaces a record of the same key. Does nothing if the snapshot is gone by now.
  void put_record(const CacheRecord& record);
  std::vector<CacheRecord> list();  // most recently used first
  // Stores the time of use of all records found so far, once an hour for each and in one
  // transaction: a write per lookup would cost more than the lookup.
  void write_uses();
  // Drops the records of these snapshots, and remembers that for 30 days.
  void evict(const std::vector<SnapshotId>& snapshots, const std::string& reason);
  std::optional<Eviction> find_eviction(const StepKey& key);

 private:
  Database& database_;
  SnapshotIndex& snapshots_;
  SessionReferences& uses_;
  std::mutex mutex_;
  std::vector<StepKey> unwritten_;  // found, with a stored time of use over an hour old
};

}  // namespace cairn::store
