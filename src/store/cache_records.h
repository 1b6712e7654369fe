// SPDX-License-Identifier: Apache-2.0
//
// What a step gave the last time: from the digest of its key to a snapshot, with the named inputs
// of the key beside it so that a miss can be explained. What the key and the inputs mean is the
// cache room's business. Safe from any thread.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/time.h"

namespace cairn::store {

class Database;
class SnapshotIndex;
class Uses;

struct CacheRecord {
  Digest key;
  std::string snapshot;  // empty: the step gave an empty root
  std::string inputs;    // JSON text
  Timestamp created = {};
  Timestamp last_used = {};
};

// That a record was taken away to make room, for who wonders why a step runs again.
struct Eviction {
  Timestamp time;
  std::string reason;
};

class CacheRecords {
 public:
  CacheRecords(Database& database, SnapshotIndex& snapshots, Uses& uses)
      : database_(database), snapshots_(snapshots), uses_(uses) {}

  // A record whose snapshot, or anything below it, is gone counts as absent. That it was used is
  // written by write_uses().
  std::optional<CacheRecord> find_record(const Digest& key);
  // Replaces a record of the same key. A snapshot that is gone by now makes this do nothing.
  void put_record(const CacheRecord& record);
  std::vector<CacheRecord> list();  // last used first
  // Writes when the records that were found were used, of each once an hour: in one transaction, as
  // a write for each would cost more than finding them.
  void write_uses();
  // Drops the records that name these snapshots, and remembers that for a month.
  void evict(const std::vector<std::string>& snapshots, const std::string& reason);
  std::optional<Eviction> find_eviction(const Digest& key);

 private:
  Database& database_;
  SnapshotIndex& snapshots_;
  Uses& uses_;
  std::mutex mutex_;
  std::vector<Digest> unwritten_;  // that were found, and not written so for an hour
};

}  // namespace cairn::store
