// SPDX-License-Identifier: Apache-2.0
//
// What the store holds, in buildx' words: fields for lists, and filters over them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "store/holding.h"

namespace cairn::cli {

std::string type_of(const store::Holding& holding);         // "regular", "exec.cachemount", ...
std::string description_of(const store::Holding& holding);  // "RUN make", on one line
bool is_mutable(const store::Holding& holding);
bool is_reclaimable(const store::Holding& holding);
// An image stands on it, beside the cache.
bool is_shared(const store::Holding& holding);

// What `--filter` says, all of it: until=24h (or unused-for, or a date), id=, type=, description=
// and parents= with = (for an id: a part of it), != or ~= (a regular expression), and inuse,
// mutable, immutable, shared, private. kUsage for anything else.
using HoldingFilter = std::function<bool(const store::Holding&)>;
HoldingFilter parse_filters(const std::vector<std::string>& filters);

}  // namespace cairn::cli
