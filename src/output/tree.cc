// SPDX-License-Identifier: Apache-2.0
//
// A tar takes owners and modes as they are. A directory belongs to the user who builds, who may
// have no other ids there: TreeCopier gives every file to root of the namespace, which is that
// user. Merging platforms uses the copier's filter to see each path once.
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

// Accepts every file, but throws if two platforms have the same path.
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
  mutable std::map<std::string, std::string> owners_;  // the platform that has each path
};

// Replaces entries, since the directory belongs to the user and may hold symlinks out of it.
void copy_tree(snapshots::Snapshotter& snapshotter, const SnapshotId& snapshot,
               const std::string& directory, std::optional<Timestamp> epoch,
               const PathFilter* filter) {
  auto tree = snapshotter.view(snapshot);
  sys::make_dirs(directory, 0755);
  sys::RootDir to = sys::RootDir::open(directory);
  overlay::CopyOptions options{
      .owner = Owner{}, .mode = {}, .filter = filter, .stop = {}, .replaces_entries = true};
  options.mtime = epoch;
  overlay::TreeCopier(tree->root(), to, options).copy("/", "/");
}

}  // namespace

void write_tree_archive(snapshots::Snapshotter& snapshotter, const SnapshotId& snapshot,
                        std::optional<Timestamp> epoch, ByteSink& out) {
  auto tree = snapshotter.view(snapshot);
  overlay::write_tree(tree->root().fd(), {.mtime = epoch}, out);
}

void write_tree_directory(snapshots::Snapshotter& snapshotter, const SnapshotId& snapshot,
                          std::optional<Timestamp> epoch, const std::string& directory) {
  copy_tree(snapshotter, snapshot, directory, epoch, nullptr);
}

std::string platform_directory(const oci::Platform& platform) {
  std::string name = platform.str();
  std::ranges::replace(name, '/', '_');
  return name;
}

// All views stay mounted until the archive is written.
void write_platform_archive(snapshots::Snapshotter& snapshotter,
                            const std::vector<PlatformTree>& trees, std::optional<Timestamp> epoch,
                            ByteSink& out) {
  std::vector<std::unique_ptr<snapshots::SnapshotView>> views;
  std::vector<overlay::NamedTree> named;
  for (const PlatformTree& tree : trees) {
    views.push_back(snapshotter.view(tree.snapshot));
    named.push_back(
        {.directory = platform_directory(tree.platform), .root = views.back()->root().fd()});
  }
  overlay::write_trees(named, {.mtime = epoch}, out);
}

// One platform after the other: OncePerFile remembers the earlier ones.
void merge_tree_directories(snapshots::Snapshotter& snapshotter,
                            const std::vector<PlatformTree>& trees, std::optional<Timestamp> epoch,
                            const std::string& directory) {
  OncePerFile once;
  for (const PlatformTree& tree : trees) {
    once.next(tree.platform);
    copy_tree(snapshotter, tree.snapshot, directory, epoch, trees.size() > 1 ? &once : nullptr);
  }
}

}  // namespace cairn::output
