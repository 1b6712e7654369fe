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
    if (!other) return tar_.add(change, file);
    Change dated = change;
    dated.mtime = {.seconds = *other};
    tar_.add(dated, file);
  }

  void finish() { tar_.finish(); }

 private:
  const LayerOptions& options_;
  internal::TarWriter tar_;
};

// On a mounted overlay user.overlay.* attributes are the image's; anywhere else they are marks.
internal::View view_of(const sys::Fd& root) {
  struct statfs info {};
  if (::fstatfs(root.get(), &info) < 0) throw Error::from_errno(errno, "statfs");
  return info.f_type == OVERLAYFS_SUPER_MAGIC ? internal::View::kMerged : internal::View::kLayer;
}

}  // namespace

void write_layer(const std::string& upperdir, const LayerStack& below, const LayerOptions& options,
                 ByteSink& tar) {
  Writer writer(options, tar);
  internal::walk_changes(internal::open_layer(upperdir), internal::open_stack(below), writer);
  writer.finish();
}

void write_tree(const sys::Fd& root, const LayerOptions& options, ByteSink& tar) {
  Writer writer(options, tar);
  sys::Fd own = sys::open_at(root, ".", O_RDONLY | O_DIRECTORY);
  internal::walk_changes({.root = std::move(own), .view = view_of(root), .mount = {}}, std::nullopt,
                         writer);
  writer.finish();
}

}  // namespace cairn::overlay
