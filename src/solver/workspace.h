// SPDX-License-Identifier: Apache-2.0
//
// Roots to read from and roots to write to, made of snapshots. A View is a snapshot with all below
// it, read-only. A Workspace is a new upper directory on top of a parent: committed it *is* the new
// snapshot (one rename, no copy), otherwise it vanishes.
#pragma once

#include <optional>
#include <string>

#include "base/sys/file.h"
#include "base/sys/mount.h"
#include "base/sys/root_dir.h"
#include "overlay/copy.h"
#include "overlay/mount.h"
#include "store/store.h"

namespace cairn::solver {

class View {
 public:
  // "" is an empty root.
  View(store::Store& store, const std::string& snapshot);
  const sys::RootDir& root() const { return root_; }

 private:
  std::optional<sys::TempDir> empty_;
  sys::MountTree tree_;
  sys::RootDir root_;
};

class Workspace {
 public:
  // Where root() starts: as the parent's tree, or empty, for files that take no notice of it
  // (COPY --link). The snapshot lies on the parent either way.
  enum class Start { kParent, kEmpty };
  Workspace(store::Store& store, std::string parent, Start start = Start::kParent);

  // Writable. Mounted anew when it was given away.
  const sys::RootDir& root();
  // Unmounts, and gives a directory of the upper layer by its real path: writing to it bare is
  // cheaper by half. What it adds to a parent's directory is seen in root() again.
  overlay::BareDirectory lay_bare(const std::string& path);
  sys::Fd open_upper() const;
  // The tree as it is now, read-only, also when the mount was given away and is gone.
  struct Look {
    sys::MountTree tree;
    sys::RootDir root;
  };
  Look look() const;
  // Gives the mount away, for a step that will hold it.
  sys::MountTree release_tree();
  // Unmounts, moves the upper directory into the store and records it; returns the snapshot's id.
  std::string commit();

 private:
  std::string upper() const { return dir_.path() + "/fs"; }
  void mount();

  store::Store& store_;
  std::string parent_;
  sys::TempDir dir_;
  int mounts_ = 0;
  std::optional<View> parent_view_;
  sys::MountTree tree_;
  std::optional<sys::RootDir> root_;
};

}  // namespace cairn::solver
