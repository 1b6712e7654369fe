// SPDX-License-Identifier: Apache-2.0
//
// Snapshot ids in the columns `parent` and `snapshot` that may be NULL, which is the empty root.
#pragma once

#include <optional>
#include <string>

#include "store/internal/database.h"
#include "store/snapshot_id.h"

namespace cairn::store {

inline SnapshotId snapshot_column(const Row& row, int column) {
  return SnapshotId::parse(row.text(column));  // the text of NULL is ""
}

inline std::optional<std::string> nullable(const SnapshotId& id) {
  return id.is_empty_root() ? std::nullopt : std::optional(id.text());
}

}  // namespace cairn::store
