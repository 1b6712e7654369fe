// SPDX-License-Identifier: Apache-2.0
//
// Everything is made in the store's tmp directory and renamed to its place, so a process that dies
// leaves nothing that looks like a snapshot. No mount is synced: making snapshots durable is the
// store's business (Store::sync()).
#include "snapshots/overlay_snapshotter.h"

#include <fcntl.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "overlay/layer_marks.h"
#include "overlay/layer_writer.h"
#include "overlay/mount.h"

namespace cairn::snapshots {
namespace {

constexpr auto kVolatile = overlay::Durability::kVolatile;

sys::RootDir root_of(const sys::MountTree& tree) {
  return sys::RootDir(sys::reopen(tree.fd(), O_RDONLY | O_DIRECTORY));
}

class MountedView final : public SnapshotView {
 public:
  MountedView(sys::MountTree tree, std::optional<sys::TempDir> empty)
      : empty_(std::move(empty)), tree_(std::move(tree)), root_(root_of(tree_)) {}
  const sys::RootDir& root() const override { return root_; }

 private:
  std::optional<sys::TempDir> empty_;  // the directory behind an empty root; outlives the mount
  sys::MountTree tree_;
  sys::RootDir root_;
};

class OverlayActive final : public ActiveSnapshot {
 public:
  OverlayActive(store::Store& store, SnapshotId parent, Snapshotter::Start start);

  const sys::RootDir& root() override;
  std::unique_ptr<SnapshotView> view() const override;
  sys::MountTree release_tree() override;
  sys::Fd open_upper() const override;
  overlay::LayerDirectory bypass_mount(const std::string& path) override;
  void mark_lost_owners() const override { store::SnapshotIndex::mark_lost_owners(open_upper()); }
  void mark_replacing() const override { overlay::mark_replacing(open_upper()); }
  SnapshotId commit() override;

 private:
  std::string upper() const { return dir_.path() + "/fs"; }
  void mount();

  store::Store& store_;
  SnapshotId parent_;
  sys::TempDir dir_;
  int mounts_ = 0;
  std::unique_ptr<SnapshotView> parent_view_;
  sys::MountTree tree_;
  std::optional<sys::RootDir> root_;
};

OverlayActive::OverlayActive(store::Store& store, SnapshotId parent, Snapshotter::Start start)
    : store_(store), parent_(std::move(parent)), dir_(store.tmp_dir(), "step-") {
  sys::make_dir_at(sys::open_path(dir_.path(), O_PATH | O_DIRECTORY), "fs", 0755);
  // mkdir(2) applies the umask.
  sys::chmod_fd(open_upper(), 0755);
  overlay::LayerStack stack{store_.snapshots().stack_paths(parent_)};
  // The upper directory's metadata is what "/" shows in the merged tree.
  if (!stack.lowers.empty()) overlay::fix_implied_dirs(upper(), {"."}, {{stack.lowers.back()}});
  if (start == Snapshotter::Start::kEmpty) {
    root_.emplace(open_upper());
    return;
  }
  mount();
}

// A volatile mount leaves a mark in its work directory, and the kernel then refuses to use that
// again. So each mount gets a new one.
void OverlayActive::mount() {
  std::string name = fmt::format("work{}", mounts_++);
  std::string work = dir_.path() + "/" + name;
  sys::make_dir_at(sys::open_path(dir_.path(), O_PATH | O_DIRECTORY), name.c_str(), 0700);
  tree_ = overlay::mount_overlay({store_.snapshots().stack_paths(parent_)},
                                 overlay::Upper{.upperdir = upper(), .workdir = work}, kVolatile);
  root_.emplace(root_of(tree_));
}

const sys::RootDir& OverlayActive::root() {
  if (!root_) mount();
  return *root_;
}

overlay::LayerDirectory OverlayActive::bypass_mount(const std::string& path) {
  // Never write to an upper directory under a mount: overlayfs may not notice the change.
  release_tree();
  sys::RootDir own(open_upper());
  overlay::LayerDirectory dir{.upper = own.open_in(path, O_RDONLY | O_DIRECTORY)};
  if (parent_.is_empty_root()) return dir;
  if (!parent_view_) parent_view_ = OverlaySnapshotter(store_).view(parent_);
  std::optional<sys::Fd> lower = parent_view_->root().find_in(path, O_RDONLY | O_DIRECTORY);
  if (lower) dir.lower = std::move(*lower);
  return dir;
}

sys::Fd OverlayActive::open_upper() const {
  return sys::open_path(upper(), O_RDONLY | O_DIRECTORY);
}

std::unique_ptr<SnapshotView> OverlayActive::view() const {
  overlay::LayerStack stack{store_.snapshots().stack_paths(parent_)};
  stack.lowers.push_back(upper());
  return std::make_unique<MountedView>(overlay::mount_overlay(stack, std::nullopt, kVolatile),
                                       std::nullopt);
}

sys::MountTree OverlayActive::release_tree() {
  root_.reset();
  return std::move(tree_);
}

SnapshotId OverlayActive::commit() {
  // Unmount before the rename, so that nothing writes to the snapshot any more.
  root_.reset();
  tree_ = sys::MountTree();
  parent_view_.reset();
  SnapshotId id = SnapshotId::random();
  sys::rename_path(upper(), store_.snapshots().path(id));
  store_.snapshots().add({.id = id, .parent = parent_, .created = now(), .last_used = now()});
  return id;
}

class OverlayLayer final : public UnpackedLayer {
 public:
  OverlayLayer(store::Store& store, ByteSource& tar, overlay::LayerPlace place,
               overlay::UnmappedOwners owners)
      : store_(store),
        dir_(store.tmp_dir(), "layer-"),
        result_(overlay::unpack_layer(tar, dir_.path(), {}, place, owners)) {}

  const overlay::UnpackResult& result() const override { return result_; }
  void merge(const SnapshotId& parent) override {
    overlay::merge_parent_metadata(dir_.path(), result_, {store_.snapshots().stack_paths(parent)});
  }
  void mark_lost_owners() const override {
    store::SnapshotIndex::mark_lost_owners(sys::open_path(dir_.path(), O_RDONLY));
  }
  SnapshotId commit(const SnapshotId& parent, std::int64_t size) override {
    SnapshotId id = SnapshotId::random();
    dir_.commit(store_.snapshots().path(id));
    store_.snapshots().add(
        {.id = id, .parent = parent, .size = size, .created = now(), .last_used = now()});
    return id;
  }

 private:
  store::Store& store_;
  sys::TempDir dir_;
  overlay::UnpackResult result_;
};

// The directories of the layer, and those below it.
struct SplitStack {
  overlay::LayerStack upper;
  overlay::LayerStack below;
};

SplitStack split_stack(store::SnapshotIndex& snapshots, const store::LayerView& view) {
  std::vector<SnapshotId> ids = snapshots.stack(view.snapshot);
  auto first = ids.end() - 1;
  if (!view.base.is_parent() && view.base.ancestor().is_empty_root()) {
    first = ids.begin();
  } else if (!view.base.is_parent()) {
    auto base = std::ranges::find(ids, view.base.ancestor());
    CAIRN_ASSERT(base < first, "a squashed layer starts from a snapshot below its own");
    first = base + 1;
  }
  SplitStack split;
  for (auto id = ids.begin(); id != ids.end(); ++id) {
    auto& part = id < first ? split.below : split.upper;
    part.lowers.push_back(snapshots.path(*id));
  }
  return split;
}

}  // namespace

std::unique_ptr<ActiveSnapshot> OverlaySnapshotter::prepare(const SnapshotId& parent, Start start) {
  return std::make_unique<OverlayActive>(store_, parent, start);
}

std::unique_ptr<SnapshotView> OverlaySnapshotter::view(const SnapshotId& id) {
  overlay::LayerStack stack{store_.snapshots().stack_paths(id)};
  std::optional<sys::TempDir> empty;
  if (stack.lowers.empty()) {
    empty.emplace(store_.tmp_dir(), "empty-");
    // Not the temporary directory itself: mount_overlay() may make another directory beside the one
    // it mounts, which must be deleted, too.
    stack.lowers.push_back(empty->path() + "/fs");
    sys::make_dirs(stack.lowers.back(), 0755);
  }
  return std::make_unique<MountedView>(overlay::mount_overlay(stack, std::nullopt, kVolatile),
                                       std::move(empty));
}

std::unique_ptr<UnpackedLayer> OverlaySnapshotter::apply(ByteSource& tar,
                                                         overlay::LayerPlace place) {
  return std::make_unique<OverlayLayer>(store_, tar, place, unmapped_owners());
}

void OverlaySnapshotter::diff(const store::LayerView& layer, ByteSink& tar) {
  if (!store_.snapshots().find(layer.snapshot)) {
    throw Error::of(ErrorKind::kCorrupt, "snapshot {} is gone", layer.snapshot)
        .with_hint("build the image again");
  }
  SplitStack split = split_stack(store_.snapshots(), layer);
  overlay::write_layer(split.upper, split.below, {.clamp_mtime = layer.clamp}, tar);
}

std::vector<Snapshotter::Layer> OverlaySnapshotter::layers(const SnapshotId& id) {
  std::vector<Layer> layers;
  if (id.is_empty_root()) return layers;
  for (SnapshotId& layer : store_.snapshots().stack(id)) {
    sys::RootDir root = sys::RootDir::open(store_.snapshots().path(layer));
    layers.push_back({.id = std::move(layer), .root = std::move(root)});
  }
  return layers;
}

overlay::UnmappedOwners OverlaySnapshotter::unmapped_owners() const {
  return store_.snapshots().allows_lost_owners() ? overlay::UnmappedOwners::kGiveToRoot
                                                 : overlay::UnmappedOwners::kRefuse;
}

}  // namespace cairn::snapshots
