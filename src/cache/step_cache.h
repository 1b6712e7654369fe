// SPDX-License-Identifier: Apache-2.0
//
// The cache as the solver sees it: results of steps by key. StepCache has the rules for using a
// result, a CacheBackend has the records. There is one backend so far, this host's store
// (local_cache.h).
//
// A result is a snapshot with all its parents. It is used only on the parent snapshot it was made
// on: a parent that ran again under the same key, by --no-cache, has other files.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cache/cache_key.h"
#include "cache/record.h"

namespace cairn::cache {

// Why a lookup found no result.
enum class MissReason {
  kNoRecord,      // nothing is known under the key
  kSnapshotGone,  // a result was; its snapshot was removed, or may not be used by this build
  kOtherParent,   // a result is, made on another parent snapshot
  kOtherSources,  // a result is, made from other snapshots of the stages that it copies or mounts
};
struct Miss {
  MissReason reason = MissReason::kNoRecord;
  std::vector<std::pair<std::string, std::string>> details = {};  // names and values
};

// Stores records. Implementations are thread-safe, and throw the errors of their medium.
class CacheBackend {
 public:
  struct Found {
    SnapshotId snapshot;  // the empty root also for records that need no snapshot
    SnapshotId parent;    // of the snapshot; the empty root's own is the empty root
    std::string text;     // of the record
  };

  virtual ~CacheBackend() = default;
  // nullopt if there is no record, or its snapshot is gone or may not be used by this build.
  virtual std::optional<Found> find(const StepKey& key) = 0;
  // Why find() has just given nothing: kNoRecord or kSnapshotGone. Asked only on a miss.
  virtual Miss explain_absence(const StepKey& /*key*/) { return {}; }
  // Replaces a record of the same key. Does nothing if the snapshot is gone.
  virtual void put(const StepKey& key, const SnapshotId& snapshot, const std::string& text) = 0;
};

// The result found under a key.
struct CachedResult {
  StepKey key;  // keys of later steps build on it
  SnapshotId snapshot;
};

// The snapshots that a step copies or mounts from.
using SourceSnapshots = std::vector<SnapshotId>;

// Borrows the backend. Thread-safe.
class StepCache {
 public:
  explicit StepCache(CacheBackend& backend) : backend_(backend) {}

  // The result of a step on the snapshot `parent`; nullopt on a miss, and then `why` says the
  // reason unless it is null.
  std::optional<CachedResult> find(const StepKey& key, const SnapshotId& parent,
                                   Miss* why = nullptr) const;
  // The same for a key made of other stages' keys: a hit only if the result was made from
  // `sources`, as recorded by put_sources().
  std::optional<CachedResult> find_from(const StepKey& key, const SnapshotId& parent,
                                        const SourceSnapshots& sources, Miss* why = nullptr) const;

  // Records `snapshot` as the result of a step with this key.
  void put_step(const CacheKey& key, const SnapshotId& snapshot);
  // Records another key of a result. Writes nothing if it is the result's own key.
  void put_alias(const CacheKey& alias, const CachedResult& result, std::string etag = {});
  void put_sources(const StepKey& key, const SnapshotId& snapshot, SourceSnapshots sources);

  // A record of the kind that the caller expects under this key; nullopt for another kind.
  template <typename Kind>
  struct Recorded {
    SnapshotId snapshot;
    Kind record;
  };
  template <typename Kind>
  std::optional<Recorded<Kind>> find_record(const StepKey& key) const {
    std::optional<CacheBackend::Found> found = backend_.find(key);
    if (!found) return std::nullopt;
    std::optional<Record> record = parse_record(found->text);
    if (!record || !std::holds_alternative<Kind>(*record)) return std::nullopt;
    return Recorded<Kind>{std::move(found->snapshot), std::get<Kind>(*std::move(record))};
  }
  void put_record(const StepKey& key, const SnapshotId& snapshot, const Record& record);

 private:
  CacheBackend& backend_;
};

}  // namespace cairn::cache
