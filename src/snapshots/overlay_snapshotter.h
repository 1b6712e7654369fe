// SPDX-License-Identifier: Apache-2.0
//
// Snapshots as stacks of directories under overlayfs. A view is a mount of the stack. An active
// snapshot is a new upper directory above it; committing makes that directory the snapshot, by one
// rename(2) and without a copy.
#pragma once

#include "snapshots/snapshotter.h"
#include "store/store.h"

namespace cairn::snapshots {

// Borrows the store. Whatever mounts must run in the builder's namespaces.
class OverlaySnapshotter final : public Snapshotter {
 public:
  explicit OverlaySnapshotter(store::Store& store) : store_(store) {}

  std::unique_ptr<ActiveSnapshot> prepare(const SnapshotId& parent,
                                          Start start = Start::kParent) override;
  std::unique_ptr<SnapshotView> view(const SnapshotId& id) override;
  std::unique_ptr<UnpackedLayer> apply(ByteSource& tar, overlay::LayerPlace place) override;
  void diff(const store::LayerView& layer, ByteSink& tar) override;
  std::vector<Layer> layers(const SnapshotId& id) override;
  Capabilities capabilities() const override { return {.links = true, .bypasses_mount = true}; }
  overlay::UnmappedOwners unmapped_owners() const override;

 private:
  store::Store& store_;
};

}  // namespace cairn::snapshots
