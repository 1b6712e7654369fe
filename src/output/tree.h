// SPDX-License-Identifier: Apache-2.0
//
// The files of an image without the image: type=tar and type=local.
#pragma once

#include <optional>
#include <string>

#include "base/sys/fd.h"
#include "output/layers.h"
#include "store/store.h"

namespace cairn::output {

// The root of a snapshot as one tar, owners kept. With an epoch every file carries it (X10).
void write_tree_archive(store::Store& store, const std::string& snapshot,
                        std::optional<std::int64_t> epoch, ByteSink& out);

// The same into a directory, owned by whoever builds; what is there is kept and overwritten.
void write_tree_directory(store::Store& store, const std::string& snapshot,
                          std::optional<std::int64_t> epoch, const std::string& directory);

}  // namespace cairn::output
