// SPDX-License-Identifier: Apache-2.0
#include "output/tree.h"

#include <fcntl.h>

#include "base/sys/file.h"
#include "overlay/copy.h"
#include "overlay/layer_writer.h"

namespace cairn::output {
namespace {

// An image without layers has an empty root.
struct MountedTree {
  MountedTree(store::Store& store, const std::string& snapshot) {
    overlay::LayerStack stack{store.snapshots().stack_paths(snapshot)};
    if (stack.lowers.empty()) {
      empty.emplace(store.tmp_dir(), "empty-");
      // Not the directory itself: mount_overlay() puts another beside it, and that must go too.
      stack.lowers.push_back(empty->path() + "/fs");
      sys::make_dirs(stack.lowers.back(), 0755);
    }
    tree = overlay::mount_overlay(stack, std::nullopt, overlay::Durability::kVolatile);
  }
  sys::Fd open() const { return sys::reopen(tree.fd(), O_RDONLY | O_DIRECTORY); }

  std::optional<sys::TempDir> empty;
  sys::MountTree tree;
};

}  // namespace

void write_tree_archive(store::Store& store, const std::string& snapshot,
                        std::optional<std::int64_t> epoch, ByteSink& out) {
  MountedTree tree(store, snapshot);
  overlay::write_tree(tree.open(), {.mtime = epoch}, out);
}

void write_tree_directory(store::Store& store, const std::string& snapshot,
                          std::optional<std::int64_t> epoch, const std::string& directory) {
  MountedTree tree(store, snapshot);
  sys::make_dirs(directory, 0755);
  sys::RootDir from(tree.open());
  sys::RootDir to = sys::RootDir::open(directory);
  overlay::CopyOptions options{
      .owner = overlay::Owner{}, .mode = {}, .filter = nullptr, .stop = {}};
  if (epoch) options.mtime = timespec{.tv_sec = *epoch, .tv_nsec = 0};
  overlay::TreeCopier(from, to, options).copy("/", "/");
}

}  // namespace cairn::output
