// SPDX-License-Identifier: Apache-2.0
//
// Mark and sweep. Roots are images and cache records; what they reach stays.
#pragma once

#include <string>
#include <vector>

#include "store/store.h"

namespace cairn::store {

// The caller holds the store alone.
Collected collect_garbage(Store& store);
// Removes all in `dir`, or the entries named; gives the names of those that stayed, as files of
// other ids do outside the builder's namespace.
std::vector<std::string> empty_directory(const std::string& dir);
std::vector<std::string> remove_entries(const std::string& dir,
                                        const std::vector<std::string>& names);

}  // namespace cairn::store
