// SPDX-License-Identifier: Apache-2.0
//
// Mark and sweep. Roots are images and cache records; what they reach stays.
#pragma once

#include <string>

#include "store/store.h"

namespace cairn::store {

// The caller holds the store alone.
Collected collect_garbage(Store& store);
// Removes all below `dir`; what cannot be removed (files of other users) stays for another time.
void empty_directory(const std::string& dir);

}  // namespace cairn::store
