// SPDX-License-Identifier: Apache-2.0
//
// What the store holds in the words of buildx: fields for lists, and filters over them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "store/usage_record.h"

namespace cairn::cli {

// The ids of the snapshots that it stands on, as text.
std::vector<std::string> parents_of(const store::UsageRecord& record);
std::string type_of(const store::UsageRecord& record);         // "regular", "exec.cachemount", ...
std::string description_of(const store::UsageRecord& record);  // "RUN make", on one line
bool is_mutable(const store::UsageRecord& record);
bool is_reclaimable(const store::UsageRecord& record);
// Whether it is used by an image as well as by the cache.
bool is_shared(const store::UsageRecord& record);

// All of the `--filter` options together: until=24h (or unused-for, or a date); id=, type=,
// description= and parents= with = (for an id: part of it), != or ~= (a regular expression); inuse,
// mutable, immutable, shared, private. Throws kUsage for anything else.
using HoldingFilter = std::function<bool(const store::UsageRecord&)>;
HoldingFilter parse_filters(const std::vector<std::string>& filters);

}  // namespace cairn::cli
