// SPDX-License-Identifier: Apache-2.0
#include "output/tree.h"

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "base/error.h"
#include "base/path_filter.h"
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

// Lets every file pass, and no path twice.
class OncePerFile final : public PathFilter {
 public:
  void next(const oci::Platform& platform) { now_ = platform.str(); }

  Verdict judge(const std::string& path, bool is_directory) const override {
    if (is_directory) return Verdict::kIncluded;
    std::lock_guard lock(mutex_);
    auto [known, is_new] = owners_.try_emplace(path, now_);
    if (!is_new && known->second != now_) {
      throw Error::of(ErrorKind::kUsage, "cannot overwrite {} from {} with {}", path, known->second,
                      now_)
          .with_hint("platform-split=false is for platforms whose files have different names");
    }
    return Verdict::kIncluded;
  }
  std::string explain(const std::string&) const override { return ""; }

 private:
  std::string now_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::string> owners_;  // platforms, by path
};

void copy_tree(store::Store& store, const std::string& snapshot, const std::string& directory,
               std::optional<std::int64_t> epoch, const PathFilter* filter) {
  MountedTree tree(store, snapshot);
  sys::make_dirs(directory, 0755);
  sys::RootDir from(tree.open());
  sys::RootDir to = sys::RootDir::open(directory);
  overlay::CopyOptions options{.owner = overlay::Owner{}, .mode = {}, .filter = filter, .stop = {}};
  if (epoch) options.mtime = timespec{.tv_sec = *epoch, .tv_nsec = 0};
  overlay::TreeCopier(from, to, options).copy("/", "/");
}

}  // namespace

void write_tree_archive(store::Store& store, const std::string& snapshot,
                        std::optional<std::int64_t> epoch, ByteSink& out) {
  MountedTree tree(store, snapshot);
  overlay::write_tree(tree.open(), {.mtime = epoch}, out);
}

void write_tree_directory(store::Store& store, const std::string& snapshot,
                          std::optional<std::int64_t> epoch, const std::string& directory) {
  copy_tree(store, snapshot, directory, epoch, nullptr);
}

std::string platform_directory(const oci::Platform& platform) {
  std::string name = platform.str();
  std::ranges::replace(name, '/', '_');
  return name;
}

void write_platform_archive(store::Store& store, const std::vector<PlatformTree>& trees,
                            std::optional<std::int64_t> epoch, ByteSink& out) {
  std::vector<MountedTree> mounted;
  std::vector<sys::Fd> roots;
  for (const PlatformTree& tree : trees) {
    roots.push_back(mounted.emplace_back(store, tree.snapshot).open());
  }
  std::vector<overlay::NamedTree> named;
  for (std::size_t i = 0; i < trees.size(); ++i) {
    named.push_back({.directory = platform_directory(trees[i].platform), .root = roots[i]});
  }
  overlay::write_trees(named, {.mtime = epoch}, out);
}

void merge_tree_directories(store::Store& store, const std::vector<PlatformTree>& trees,
                            std::optional<std::int64_t> epoch, const std::string& directory) {
  OncePerFile once;
  for (const PlatformTree& tree : trees) {
    once.next(tree.platform);
    copy_tree(store, tree.snapshot, directory, epoch, trees.size() > 1 ? &once : nullptr);
  }
}

}  // namespace cairn::output
