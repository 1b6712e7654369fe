// SPDX-License-Identifier: Apache-2.0
//
// What may go, as a pure choice over what there is: least recently used first, what stands on
// something before that, and nothing that an image needs or this process uses.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/sys/disk.h"
#include "store/holding.h"

namespace cairn::store {

// Bounds on what can be made again, in bytes; buildx' words, and BuildKit's meaning (but free is
// what may be written to, as df shows it, without what the filesystem keeps for itself).
struct SpaceBounds {
  std::optional<std::int64_t> max_used = {};  // no more than this
  std::optional<std::int64_t> min_free = {};  // and less, while less than this is free on the disk
  std::optional<std::int64_t> reserved = {};  // but never less than this
  auto operator<=>(const SpaceBounds&) const = default;
};

// BuildKit's: 80 % of the disk and at most 100 GB, 20 % free, 10 % and at most 10 GB reserved.
SpaceBounds default_bounds(const sys::DiskSpace& disk);

// How much of `used` bytes may stay; nothing when there are no bounds. All of it is `used` or more.
std::optional<std::int64_t> bytes_to_keep(const SpaceBounds& bounds, std::int64_t used,
                                          const sys::DiskSpace& disk);

// Whether a store on this disk, however large, can be over the bounds.
bool can_exceed(const SpaceBounds& bounds, const sys::DiskSpace& disk);

// The bytes of what no image needs.
std::int64_t disposable(std::span<const Holding> holdings);

struct Retention {
  SpaceBounds bounds = {};  // stop as soon as they are kept; without any all goes
  std::function<bool(const Holding&)> may_go = [](const Holding&) { return true; };
  bool forget_needed = false;  // steps whose layers images need are forgotten too
};

struct Choice {
  std::vector<Holding> taken;      // in this order
  std::vector<Holding> forgotten;  // stay, but no step is known by them any more
  std::int64_t freed = 0;
  // Files that a snapshot shared with one that stays are not freed: their bytes count there now.
  std::map<std::string, std::int64_t> passed_on;
};

Choice choose(std::span<const Holding> holdings, const Retention& retention,
              const sys::DiskSpace& disk);

}  // namespace cairn::store
