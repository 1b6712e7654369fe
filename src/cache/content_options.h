// SPDX-License-Identifier: Apache-2.0
//
// What part of a tree is digested, and at what price.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>

#include "base/path_filter.h"

namespace cairn::cache {

struct ContentOptions {
  const PathFilter* filter = nullptr;
  bool ignore_owner = false;  // the build context's files have no owner
  std::stop_token stop = {};
  std::size_t threads = 0;  // upper bound; 0: one per processor
  // Upper bound on bytes read that the index does not cover. Exceeding it throws kLimit, so the
  // caller can fall back.
  std::uint64_t most_bytes = UINT64_MAX;
};

}  // namespace cairn::cache
