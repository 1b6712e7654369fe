// SPDX-License-Identifier: Apache-2.0
#include "overlay/layer_writer.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>

#include "base/error.h"
#include "overlay/internal/tar_stream.h"

namespace cairn::overlay {
namespace {

class Writer final : public internal::ChangeVisitor {
 public:
  Writer(const LayerOptions& options, ByteSink& tar) : options_(options), tar_(tar) {}

  void visit(Change change, internal::Content content) override {
    if (options_.mtime) change.mtime = {.seconds = *options_.mtime};
    if (options_.clamp_mtime && change.mtime.seconds > *options_.clamp_mtime) {
      change.mtime = {.seconds = *options_.clamp_mtime};
    }
    if (!directory_.empty()) {
      change.path = directory_ + change.path;
      if (!change.hardlink_to.empty()) change.hardlink_to = directory_ + change.hardlink_to;
    }
    tar_.add(std::move(change), std::move(content));
  }

  // All that follows goes below this directory.
  void enter(const std::string& directory) {
    directory_.clear();
    visit({.path = directory, .mode = S_IFDIR | 0755}, {});
    directory_ = directory + "/";
  }

  void finish() { tar_.finish(); }

 private:
  const LayerOptions& options_;
  internal::TarStream tar_;
  std::string directory_;  // "" or with a "/" at its end
};

// On a mounted overlay user.overlay.* attributes are the image's; anywhere else they are marks.
internal::View view_of(const sys::Fd& root) {
  struct statfs info {};
  if (::fstatfs(root.get(), &info) < 0) throw Error::from_errno(errno, "statfs");
  return info.f_type == OVERLAYFS_SUPER_MAGIC ? internal::View::kMerged : internal::View::kLayer;
}

void walk_tree(const sys::Fd& root, Writer& writer) {
  sys::Fd own = sys::open_at(root, ".", O_RDONLY | O_DIRECTORY);
  internal::View view = view_of(root);
  std::vector<sys::Fd> roots;
  roots.push_back(std::move(own));
  internal::walk_changes(internal::LayerDirs(std::move(roots), view), LayerStack(), writer);
}

}  // namespace

void write_layer(const LayerStack& upper, const LayerStack& below, const LayerOptions& options,
                 ByteSink& tar) {
  Writer writer(options, tar);
  internal::walk_changes(internal::open_layers(upper), below, writer);
  writer.finish();
}

void write_tree(const sys::Fd& root, const LayerOptions& options, ByteSink& tar) {
  Writer writer(options, tar);
  walk_tree(root, writer);
  writer.finish();
}

void write_trees(std::span<const NamedTree> trees, const LayerOptions& options, ByteSink& tar) {
  Writer writer(options, tar);
  for (const NamedTree& tree : trees) {
    writer.enter(tree.directory);
    walk_tree(tree.root, writer);
  }
  writer.finish();
}

}  // namespace cairn::overlay
