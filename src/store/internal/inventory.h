// SPDX-License-Identifier: Apache-2.0
//
// What is in the store and how it hangs together.
#pragma once

#include <string>
#include <vector>

#include "store/internal/uses.h"
#include "store/store.h"

namespace cairn::store {

class Database;

// What an image consists of, as far as it is there.
struct ImageParts {
  std::vector<std::string> blobs;      // hex names, as files are called
  std::vector<std::string> snapshots;  // each layer's, without those below
};
ImageParts parts_of(Store& store, const Image& image);

// The manifests that the layout's index names. Those of Docker's types have a twin there.
std::vector<std::string> layout_manifests(Store& store);

std::vector<Holding> take_inventory(Store& store, KeptImages kept, const Uses& uses);

// The bytes of all snapshots, compressed layers and cache mounts, as far as they are known.
struct KnownSize {
  std::int64_t bytes = 0;
  bool is_whole = true;
};
KnownSize known_size(Database& database);

// Measures what nobody has measured yet.
void measure(Store& store);

}  // namespace cairn::store
