// SPDX-License-Identifier: Apache-2.0
#include "overlay/layer_writer.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>

#include "base/error.h"
#include "overlay/internal/tar_writer.h"
#include "overlay/internal/walk.h"

namespace cairn::overlay {
namespace {

class Writer final : public internal::ChangeVisitor {
 public:
  Writer(const LayerOptions& options, ByteSink& tar) : options_(options), tar_(tar) {}

  void visit(const Change& change, const sys::Fd& file) override {
    std::optional<std::int64_t> other = options_.mtime;
    if (options_.clamp_mtime && change.mtime.seconds > *options_.clamp_mtime)
      other = options_.clamp_mtime;
    if (!other && directory_.empty()) return tar_.add(change, file);
    Change changed = change;
    if (other) changed.mtime = {.seconds = *other};
    changed.path = directory_ + changed.path;
    if (!changed.hardlink_to.empty()) changed.hardlink_to = directory_ + changed.hardlink_to;
    tar_.add(changed, file);
  }

  // All that follows goes below this directory.
  void enter(const std::string& directory) {
    directory_.clear();
    visit({.path = directory, .mode = S_IFDIR | 0755}, sys::Fd());
    directory_ = directory + "/";
  }

  void finish() { tar_.finish(); }

 private:
  const LayerOptions& options_;
  internal::TarWriter tar_;
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
