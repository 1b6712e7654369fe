// SPDX-License-Identifier: Apache-2.0
//
// Mark and sweep, after the selection has lost its rows. Roots are images, cache records, and what
// other processes have pinned.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/internal/lease.h"
#include "store/internal/tables.h"
#include "store/internal/uses.h"
#include "store/pruning.h"

namespace cairn::store {

// What processes use at the moment.
struct InUse {
  const SessionReferences& ours;
  const Pins& others;
};

// Removes unreferenced data, and first what `pruning` selects. The caller holds the layout's lock,
// the database's write lock and the gate. Trees and blobs are moved to the directory `trash`, on
// the store's filesystem, for the caller to delete after unlocking.
Collected collect_garbage(const StoreTables& tables, const InUse& in_use,
                          const std::function<void()>& publish_layout,
                          const std::optional<Pruning>& pruning, const std::string& trash);

}  // namespace cairn::store
