// SPDX-License-Identifier: Apache-2.0
//
// A topological order with a priority: only entries without remaining dependants are offered, the
// least recently used first; removing one may offer its parents. Files hard-linked between
// snapshots exist once on disk, so the first remaining snapshot that shares them inherits their
// bytes.
#include "store/gc_policy.h"

#include <algorithm>
#include <queue>
#include <tuple>
#include <unordered_map>

namespace cairn::store {
namespace {

constexpr std::int64_t kGigabyte = 1'000'000'000;

class Chooser {
 public:
  Chooser(std::span<const UsageRecord> usage, const GcPolicy& gc_policy)
      : holdings_(usage), retention_(gc_policy), is_taken_(usage.size(), false) {
    for (std::size_t i = 0; i < usage.size(); ++i) {
      sizes_.push_back(usage[i].size);
      linked_.push_back(usage[i].linked);
      if (usage[i].kind == UsageKind::kSnapshot)
        snapshots_.emplace(SnapshotId::parse(usage[i].id), i);
    }
    children_.resize(usage.size(), 0);
    for (std::size_t i = 0; i < usage.size(); ++i) {
      for (std::size_t parent : parents(i)) ++children_[parent];
      for (const SnapshotId& origin : usage[i].origins) linked_from_[origin].push_back(i);
    }
  }

  // Selects entries until at most `keep` of `used` bytes are left, or no entry may be removed.
  Choice run(std::int64_t used, std::optional<std::int64_t> keep) {
    for (std::size_t i = 0; i < holdings_.size(); ++i) offer(i);
    while (!ready_.empty() && (!keep || used > *keep)) {
      std::size_t at = std::get<2>(ready_.top());
      ready_.pop();
      used -= take(at);
      for (std::size_t parent : parents(at)) {
        if (--children_[parent] == 0) offer(parent);
      }
    }
    if (retention_.forget_needed) forget();
    return std::move(choice_);
  }

 private:
  std::vector<std::size_t> parents(std::size_t at) const {
    std::vector<std::size_t> out;
    for (const SnapshotId& id : holdings_[at].parents) {
      if (auto found = snapshots_.find(id); found != snapshots_.end()) out.push_back(found->second);
    }
    return out;
  }

  void offer(std::size_t at) {
    const UsageRecord& record = holdings_[at];
    if (record.needed || record.in_use || children_[at] > 0 || !retention_.matches(record)) return;
    ready_.emplace(record.last_used, record.id, at);
  }

  // Returns by how much the cache shrinks.
  std::int64_t take(std::size_t at) {
    is_taken_[at] = true;
    choice_.evicted.push_back(holdings_[at]);
    std::int64_t size = sizes_[at];
    if (std::optional<std::size_t> heir = find_heir(at)) {
      // Bounded by what the heir links: it may share one small file of a large layer.
      std::int64_t shared = std::min(size, linked_[*heir]);
      linked_[*heir] -= shared;
      sizes_[*heir] += shared;
      choice_.passed_on[SnapshotId::parse(holdings_[*heir].id)] += shared;
      choice_.freed += size - shared;
      // Bytes inherited by an image's layer are no longer cache; else they still are.
      return holdings_[*heir].needed ? size : size - shared;
    }
    choice_.freed += size;
    return size;
  }

  // A remaining snapshot that shares files with this one.
  std::optional<std::size_t> find_heir(std::size_t at) const {
    if (holdings_[at].kind != UsageKind::kSnapshot) return std::nullopt;
    auto linked = linked_from_.find(SnapshotId::parse(holdings_[at].id));
    if (linked == linked_from_.end()) return std::nullopt;
    for (std::size_t other : linked->second) {
      if (!is_taken_[other]) return other;
    }
    return std::nullopt;
  }

  void forget() {
    for (const UsageRecord& record : holdings_) {
      bool forgets = record.needed && record.recorded && !record.in_use;
      if (forgets && retention_.matches(record)) choice_.records_dropped.push_back(record);
    }
  }

  using Offer = std::tuple<Timestamp, std::string, std::size_t>;

  std::span<const UsageRecord> holdings_;
  const GcPolicy& retention_;
  std::unordered_map<SnapshotId, std::size_t> snapshots_;
  std::unordered_map<SnapshotId, std::vector<std::size_t>> linked_from_;
  std::vector<std::size_t> children_;  // remaining dependants of each
  std::vector<std::int64_t> sizes_;
  std::vector<std::int64_t> linked_;
  std::vector<bool> is_taken_;
  std::priority_queue<Offer, std::vector<Offer>, std::greater<>> ready_;  // the oldest first
  Choice choice_;
};

}  // namespace

SpaceBounds default_bounds(const sys::DiskSpace& disk) {
  return {.max_used = std::min(disk.total / 100 * 80, 100 * kGigabyte),
          .min_free = disk.total / 100 * 20,
          .reserved = std::min(disk.total / 100 * 10, 10 * kGigabyte)};
}

std::optional<std::int64_t> bytes_to_keep(const SpaceBounds& bounds, std::int64_t used,
                                          const sys::DiskSpace& disk) {
  if (bounds == SpaceBounds{}) return std::nullopt;
  std::int64_t keep = used;
  if (bounds.max_used) keep = *bounds.max_used;
  // `reserved` alone is no upper bound: remove everything beyond it.
  if (!bounds.max_used && !bounds.min_free) keep = 0;
  if (bounds.min_free && disk.available < *bounds.min_free) {
    keep = std::min(keep, used - (*bounds.min_free - disk.available));
  }
  return std::max({keep, bounds.reserved.value_or(0), std::int64_t{0}});
}

bool can_exceed(const SpaceBounds& bounds, const sys::DiskSpace& disk) {
  return (bounds.max_used && disk.total - disk.free > *bounds.max_used) ||
         (bounds.min_free && disk.available < *bounds.min_free);
}

std::int64_t disposable(std::span<const UsageRecord> usage) {
  std::int64_t bytes = 0;
  for (const UsageRecord& record : usage) {
    if (!record.needed) bytes += record.size;
  }
  return bytes;
}

Choice choose(std::span<const UsageRecord> usage, const GcPolicy& gc_policy,
              const sys::DiskSpace& disk) {
  std::int64_t used = disposable(usage);
  return Chooser(usage, gc_policy).run(used, bytes_to_keep(gc_policy.bounds, used, disk));
}

}  // namespace cairn::store
