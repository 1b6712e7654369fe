// SPDX-License-Identifier: Apache-2.0
//
// The files of an image without the image: type=tar and type=local.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/sys/fd.h"
#include "oci/platform.h"
#include "output/layers.h"
#include "store/store.h"

namespace cairn::output {

// The root of a snapshot as one tar, owners kept. With an epoch every file carries it (X10).
void write_tree_archive(store::Store& store, const std::string& snapshot,
                        std::optional<std::int64_t> epoch, ByteSink& out);

// The same into a directory, owned by whoever builds; what is there is kept and overwritten.
void write_tree_directory(store::Store& store, const std::string& snapshot,
                          std::optional<std::int64_t> epoch, const std::string& directory);

// The result of one of several platforms.
struct PlatformTree {
  oci::Platform platform;
  std::string snapshot;
};

// "linux_arm_v7": where a platform's files are, beside those of others.
std::string platform_directory(const oci::Platform& platform);
// Each platform below its directory, in one tar.
void write_platform_archive(store::Store& store, const std::vector<PlatformTree>& trees,
                            std::optional<std::int64_t> epoch, ByteSink& out);
// All into one directory. A file that two of them have is an error (kUsage), before either's is
// written a second time.
void merge_tree_directories(store::Store& store, const std::vector<PlatformTree>& trees,
                            std::optional<std::int64_t> epoch, const std::string& directory);

}  // namespace cairn::output
