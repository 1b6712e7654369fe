// SPDX-License-Identifier: Apache-2.0
//
// The files of an image without the image: type=tar and type=local. What takes a snapshotter mounts
// snapshots, so the caller must be in the builder's namespaces.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/sys/fd.h"
#include "base/time.h"
#include "oci/platform.h"
#include "output/layers.h"
#include "store/store.h"

namespace cairn::output {

// Writes the root of a snapshot as one tar; owners are kept. With an epoch, every file gets it as
// mtime (X10).
void write_tree_archive(snapshots::Snapshotter& snapshotter, const SnapshotId& snapshot,
                        std::optional<Timestamp> epoch, ByteSink& out);

// Copies the root of a snapshot into a directory, owned by the user who builds. Existing entries
// are kept, except those with the name of something in the image, which are replaced as entries
// (CopyOptions::replaces_entries).
void write_tree_directory(snapshots::Snapshotter& snapshotter, const SnapshotId& snapshot,
                          std::optional<Timestamp> epoch, const std::string& directory);

// The result for one platform.
struct PlatformTree {
  oci::Platform platform;
  SnapshotId snapshot;
};

// The directory of one platform's files beside others: "linux_arm_v7".
std::string platform_directory(const oci::Platform& platform);
// Writes each platform below its directory, in one tar.
void write_platform_archive(snapshots::Snapshotter& snapshotter,
                            const std::vector<PlatformTree>& trees, std::optional<Timestamp> epoch,
                            ByteSink& out);
// Copies all platforms into one directory. A file that two of them have is kUsage, thrown before it
// is written for the second time.
void merge_tree_directories(snapshots::Snapshotter& snapshotter,
                            const std::vector<PlatformTree>& trees, std::optional<Timestamp> epoch,
                            const std::string& directory);

}  // namespace cairn::output
