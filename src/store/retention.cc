// SPDX-License-Identifier: Apache-2.0
#include "store/retention.h"

#include <algorithm>
#include <queue>
#include <tuple>
#include <unordered_map>

namespace cairn::store {
namespace {

constexpr std::int64_t kGigabyte = 1'000'000'000;

class Chooser {
 public:
  Chooser(std::span<const Holding> holdings, const Retention& retention)
      : holdings_(holdings), retention_(retention), is_taken_(holdings.size(), false) {
    for (std::size_t i = 0; i < holdings.size(); ++i) {
      sizes_.push_back(holdings[i].size);
      linked_.push_back(holdings[i].linked);
      if (holdings[i].kind == HoldingKind::kSnapshot) snapshots_.emplace(holdings[i].id, i);
    }
    children_.resize(holdings.size(), 0);
    for (std::size_t i = 0; i < holdings.size(); ++i) {
      for (std::size_t parent : parents(i)) ++children_[parent];
      for (const std::string& origin : holdings[i].origins) linked_from_[origin].push_back(i);
    }
  }

  // Takes until no more than `keep` of `used` is left, or nothing may go any more.
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
    for (const std::string& id : holdings_[at].parents) {
      if (auto found = snapshots_.find(id); found != snapshots_.end()) out.push_back(found->second);
    }
    return out;
  }

  void offer(std::size_t at) {
    const Holding& holding = holdings_[at];
    if (holding.needed || holding.in_use || children_[at] > 0 || !retention_.may_go(holding))
      return;
    ready_.emplace(holding.last_used, holding.id, at);
  }

  // Gives how much less there is that can be made again.
  std::int64_t take(std::size_t at) {
    is_taken_[at] = true;
    choice_.taken.push_back(holdings_[at]);
    std::int64_t size = sizes_[at];
    if (std::optional<std::size_t> heir = find_heir(at)) {
      // A layer may have taken one small file out of a large one.
      std::int64_t shared = std::min(size, linked_[*heir]);
      linked_[*heir] -= shared;
      sizes_[*heir] += shared;
      choice_.passed_on[holdings_[*heir].id] += shared;
      choice_.freed += size - shared;
      return holdings_[*heir].needed ? size : size - shared;
    }
    choice_.freed += size;
    return size;
  }

  // One that stays for now and has files of this one.
  std::optional<std::size_t> find_heir(std::size_t at) const {
    auto linked = linked_from_.find(holdings_[at].id);
    if (linked == linked_from_.end()) return std::nullopt;
    for (std::size_t other : linked->second) {
      if (!is_taken_[other]) return other;
    }
    return std::nullopt;
  }

  void forget() {
    for (const Holding& holding : holdings_) {
      bool forgets = holding.needed && holding.recorded && !holding.in_use;
      if (forgets && retention_.may_go(holding)) choice_.forgotten.push_back(holding);
    }
  }

  using Offer = std::tuple<Timestamp, std::string, std::size_t>;

  std::span<const Holding> holdings_;
  const Retention& retention_;
  std::unordered_map<std::string, std::size_t> snapshots_;
  std::unordered_map<std::string, std::vector<std::size_t>> linked_from_;
  std::vector<std::size_t> children_;  // that stand on each and are not taken
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
  // What is reserved alone bounds nothing from above: then all but that goes.
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

std::int64_t disposable(std::span<const Holding> holdings) {
  std::int64_t bytes = 0;
  for (const Holding& holding : holdings) {
    if (!holding.needed) bytes += holding.size;
  }
  return bytes;
}

Choice choose(std::span<const Holding> holdings, const Retention& retention,
              const sys::DiskSpace& disk) {
  std::int64_t used = disposable(holdings);
  return Chooser(holdings, retention).run(used, bytes_to_keep(retention.bounds, used, disk));
}

}  // namespace cairn::store
