// SPDX-License-Identifier: Apache-2.0
//
// Snapshots as whole trees, each a copy of its parent's: what a host could do that has no
// overlayfs, and what a test needs that has no right to mount. It can do nothing beyond that, and
// does not apply or write layers.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>

#include "base/error.h"
#include "snapshots/snapshotter.h"
#include "tests/support/temp_tree.h"

namespace cairn::test {

using store::SnapshotId;

class DirectorySnapshotter final : public snapshots::Snapshotter {
 public:
  std::unique_ptr<snapshots::ActiveSnapshot> prepare(const SnapshotId& parent,
                                                     Start start = Start::kParent) override {
    auto active = std::make_unique<Active>(*this, parent);
    if (start == Start::kParent && !parent.is_empty_root()) {
      overlay::TreeCopier(sys::RootDir::open(path(parent.text())), active->root(), {})
          .copy("/", "/");
    }
    return active;
  }
  std::unique_ptr<snapshots::SnapshotView> view(const SnapshotId& id) override {
    return std::make_unique<View>(id.is_empty_root() ? make_dir("empty") : path(id.text()));
  }
  std::unique_ptr<snapshots::UnpackedLayer> apply(ByteSource&, overlay::LayerPlace) override {
    throw Error(ErrorKind::kBug, "applies no layers");
  }
  void diff(const store::LayerView&, ByteSink&) override {
    throw Error(ErrorKind::kBug, "writes no layers");
  }
  std::vector<Layer> layers(const SnapshotId&) override { return {}; }
  snapshots::Capabilities capabilities() const override { return {}; }
  overlay::UnmappedOwners unmapped_owners() const override {
    return overlay::UnmappedOwners::kRefuse;
  }

  // Of a committed snapshot; nullopt when there is none of that id.
  std::optional<SnapshotId> parent_of(const SnapshotId& id) const {
    std::lock_guard lock(mutex_);
    auto found = parents_.find(id);
    return found != parents_.end() ? std::optional(found->second) : std::nullopt;
  }

 private:
  class View final : public snapshots::SnapshotView {
   public:
    explicit View(const std::string& path) : root_(sys::RootDir::open(path)) {}
    const sys::RootDir& root() const override { return root_; }

   private:
    sys::RootDir root_;
  };

  class Active final : public snapshots::ActiveSnapshot {
   public:
    Active(DirectorySnapshotter& all, SnapshotId parent)
        : all_(all),
          parent_(std::move(parent)),
          id_(SnapshotId::parse(std::to_string(++all.count_))),
          root_(sys::RootDir::open(all.make_dir(id_.text()))) {}
    const sys::RootDir& root() override { return root_; }
    std::unique_ptr<snapshots::SnapshotView> view() const override {
      return std::make_unique<View>(all_.path(id_.text()));
    }
    sys::MountTree release_tree() override { return {}; }
    sys::Fd open_upper() const override { return sys::duplicate(root_.fd()); }
    overlay::LayerDirectory bypass_mount(const std::string&) override {
      throw Error(ErrorKind::kBug, "has no mount to bypass");
    }
    void mark_lost_owners() const override {}
    void mark_replacing() const override {}
    SnapshotId commit() override {
      std::lock_guard lock(all_.mutex_);
      all_.parents_.emplace(id_, parent_);
      return id_;
    }

   private:
    DirectorySnapshotter& all_;
    SnapshotId parent_;
    SnapshotId id_;
    sys::RootDir root_;
  };

  std::string path(const std::string& name) const { return dir_.root() + "/" + name; }
  std::string make_dir(const std::string& name) const {
    sys::make_dirs(path(name), 0755);
    return path(name);
  }

  TempTree dir_;
  std::atomic<int> count_ = 0;
  mutable std::mutex mutex_;
  std::map<SnapshotId, SnapshotId> parents_;
};

}  // namespace cairn::test
