// SPDX-License-Identifier: Apache-2.0
//
// Roots to read from and roots to write to, made of snapshots, in the terms of containerd's
// snapshotters (core/snapshots/snapshotter.go): prepare a root on a parent, view one, commit, apply
// a layer, and write a snapshot as a layer. Only this room mounts and knows what a snapshot is on
// disk.
//
// A committed snapshot never changes. Throws
// kHost, and kCorrupt for a snapshot that is gone. A Snapshotter is thread-safe; each object it
// returns is used by one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/stream.h"
#include "base/sys/mount.h"
#include "base/sys/root_dir.h"
#include "overlay/copy.h"
#include "overlay/unpack.h"
#include "store/snapshot_index.h"

namespace cairn::snapshots {

using store::SnapshotId;

// A read-only root, valid as long as this object lives.
class SnapshotView {
 public:
  virtual ~SnapshotView() = default;
  virtual const sys::RootDir& root() const = 0;
};

// A root to write to. It becomes a snapshot when committed, and is deleted otherwise.
class ActiveSnapshot {
 public:
  virtual ~ActiveSnapshot() = default;

  // The writable root; mounted again if release_tree() gave it away.
  virtual const sys::RootDir& root() = 0;
  // The current tree, read-only, even if the mount was given away and is gone.
  virtual std::unique_ptr<SnapshotView> view() const = 0;
  // Hands over the mount to a step. Empty if nothing is mounted.
  virtual sys::MountTree release_tree() = 0;
  // The directory with what is new in this snapshot.
  virtual sys::Fd open_upper() const = 0;
  // Unmounts, and returns the directory inside the upper layer at this real path: writing there
  // costs half as much. After that, root() mounts again and shows what was added. Needs
  // Capabilities::bypasses_mount.
  virtual overlay::LayerDirectory bypass_mount(const std::string& path) = 0;

  // Marks that files belong to root because their owners have no ids here, or that they come from
  // such files (overlay::UnmappedOwners).
  virtual void mark_lost_owners() const = 0;
  // Marks that its files replace what was there, even if equal (overlay/layer_marks.h).
  virtual void mark_replacing() const = 0;
  // Returns the snapshot's id. The object must not be used afterwards.
  virtual SnapshotId commit() = 0;
};

// The files of a layer, on no parent until commit().
class UnpackedLayer {
 public:
  virtual ~UnpackedLayer() = default;
  virtual const overlay::UnpackResult& result() const = 0;
  // Completes the layer from the layers below it. Call it before commit(), except for the lowest
  // layer.
  virtual void merge(const SnapshotId& parent) = 0;
  virtual void mark_lost_owners() const = 0;
  // `size` is the size of the layer's tar in bytes. Returns the snapshot's id. The object must not
  // be used afterwards.
  virtual SnapshotId commit(const SnapshotId& parent, std::int64_t size) = 0;
};

// What a snapshotter can do beyond roots to read and write.
struct Capabilities {
  bool links = false;           // files in the directories of layers() may be hard-linked
  bool bypasses_mount = false;  // ActiveSnapshot::bypass_mount() works
};

class Snapshotter {
 public:
  // What root() shows at first: the parent's tree, or nothing, for files that do not depend on it
  // (COPY --link). The snapshot's parent is the same either way.
  enum class Start { kParent, kEmpty };

  virtual ~Snapshotter() = default;
  virtual std::unique_ptr<ActiveSnapshot> prepare(const SnapshotId& parent,
                                                  Start start = Start::kParent) = 0;
  virtual std::unique_ptr<SnapshotView> view(const SnapshotId& id) = 0;
  // Unpacks a layer; reads its tar to the end.
  virtual std::unique_ptr<UnpackedLayer> apply(ByteSource& tar, overlay::LayerPlace place) = 0;
  // Writes a layer as a tar, byte for byte the same on every host.
  virtual void diff(const store::LayerView& layer, ByteSink& tar) = 0;

  struct Layer {
    SnapshotId id;
    sys::RootDir root;
  };
  // The snapshot and its ancestors, the lowest first, each as the directory of what is new in it;
  // none for the empty root.
  virtual std::vector<Layer> layers(const SnapshotId& id) = 0;

  virtual Capabilities capabilities() const = 0;
  // What happens to owners without an id here.
  virtual overlay::UnmappedOwners unmapped_owners() const = 0;
};

}  // namespace cairn::snapshots
