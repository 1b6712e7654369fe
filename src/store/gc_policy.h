// SPDX-License-Identifier: Apache-2.0
//
// Selects what to remove, as a pure function of the usage: least recently used first, dependants
// before what they depend on, and nothing that an image needs or a process uses.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/sys/disk.h"
#include "store/usage_record.h"

namespace cairn::store {

// Bounds on the cache, in bytes, with the names of buildx and the meaning of BuildKit (except that
// free space is what users may write, as df shows it, without the filesystem's reserve).
struct SpaceBounds {
  std::optional<std::int64_t> max_used = {};  // keep at most this
  std::optional<std::int64_t> min_free = {};  // keep less, until this is free on the disk
  std::optional<std::int64_t> reserved = {};  // but always keep this
  auto operator<=>(const SpaceBounds&) const = default;
};

// BuildKit's defaults: use at most 80 % of the disk and 100 GB, leave 20 % free, and always keep 10
// %, at most 10 GB.
SpaceBounds default_bounds(const sys::DiskSpace& disk);

// How many of `used` bytes may stay; `used` or more means all. nullopt without bounds.
std::optional<std::int64_t> bytes_to_keep(const SpaceBounds& bounds, std::int64_t used,
                                          const sys::DiskSpace& disk);

// Whether any store on this disk can exceed the bounds: a cheap test before measuring.
bool can_exceed(const SpaceBounds& bounds, const sys::DiskSpace& disk);

// The bytes that no image needs.
std::int64_t disposable(std::span<const UsageRecord> usage);

struct GcPolicy {
  SpaceBounds bounds = {};  // stop once they are met; without bounds, remove all
  std::function<bool(const UsageRecord&)> matches = [](const UsageRecord&) { return true; };
  bool forget_needed = false;  // also drop cache records of layers that images need
};

struct Choice {
  std::vector<UsageRecord> evicted;          // in this order
  std::vector<UsageRecord> records_dropped;  // they stay, but no cache record points to them
  // Bytes on disk.
  std::int64_t freed = 0;
  // Files that a removed snapshot shares with a remaining one are not freed: their bytes are added
  // to that one.
  std::map<SnapshotId, std::int64_t> passed_on;
};

Choice choose(std::span<const UsageRecord> usage, const GcPolicy& gc_policy,
              const sys::DiskSpace& disk);

}  // namespace cairn::store
