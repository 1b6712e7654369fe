// SPDX-License-Identifier: Apache-2.0
//
// What a step gave the last time: from the digest of its key to a snapshot, with the named inputs
// of the key beside it so that a miss can be explained. What the key and the inputs mean is the
// cache room's business. Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/time.h"

namespace cairn::store {

class Database;
class SnapshotIndex;

struct CacheRecord {
  Digest key;
  std::string snapshot;  // empty: the step gave an empty root
  std::string inputs;    // JSON text
  Timestamp created = {};
  Timestamp last_used = {};
};

class CacheRecords {
 public:
  CacheRecords(Database& database, SnapshotIndex& snapshots)
      : database_(database), snapshots_(snapshots) {}

  // A record whose snapshot, or anything below it, is gone counts as absent.
  std::optional<CacheRecord> find_record(const Digest& key);
  // Replaces a record of the same key. A snapshot that is gone by now makes this do nothing.
  void put_record(const CacheRecord& record);
  std::vector<CacheRecord> list();  // last used first
  // Returns how many went; their snapshots go with the next collection.
  int drop_unused_since(Timestamp time);

 private:
  Database& database_;
  SnapshotIndex& snapshots_;
};

}  // namespace cairn::store
