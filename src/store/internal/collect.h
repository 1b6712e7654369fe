// SPDX-License-Identifier: Apache-2.0
//
// Mark and sweep, after what was chosen has lost its rows. Roots are images and cache records; what
// they reach stays.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/internal/uses.h"
#include "store/store.h"

namespace cairn::store {

class Layout;

// The caller holds the store alone. Trees and blobs end in the directory `trash`, on the store's
// own filesystem, for the caller to delete.
Collected collect_garbage(Store& store, const Layout& layout, const Uses& uses,
                          const std::optional<Pruning>& pruning, const std::string& trash);
// Removes all in `dir`, or the entries named; gives the names of those that stayed, as files of
// other ids do outside the builder's namespace.
std::vector<std::string> empty_directory(const std::string& dir);
std::vector<std::string> remove_entries(const std::string& dir,
                                        const std::vector<std::string>& names);

}  // namespace cairn::store
