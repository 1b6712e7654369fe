// SPDX-License-Identifier: Apache-2.0
//
// Adapts the walk to the tar stream: checks each change, sets its time and puts it below a prefix.
// A whole tree is written as the diff of one layer against nothing. Files are not opened here; the
// threads of TarStream do that.
#include "overlay/layer_writer.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>

#include "base/error.h"
#include "base/sys/ids.h"
#include "overlay/tar/internal/tar_stream.h"

namespace cairn::overlay {
namespace {

class Writer final : public internal::ChangeVisitor {
 public:
  Writer(const LayerOptions& options, ByteSink& tar) : options_(options), tar_(tar) {}

  void visit(Change change, internal::Content content) override {
    if (refuses_whiteouts_ && change.kind == ChangeKind::kModified) refuse_whiteout(change.path);
    if (sys::is_overflow_id(change.owner)) throw_ownerless(change.path);
    change.mtime = options_.clamp_mtime.apply(options_.mtime.value_or(change.mtime));
    if (!directory_.empty()) {
      change.path = directory_ + change.path;
      if (!change.hardlink_to.empty()) change.hardlink_to = directory_ + change.hardlink_to;
    }
    tar_.add(std::move(change), std::move(content));
  }

  // A layer reads such a name as a whiteout (image-spec, layer.md, "Whiteouts").
  void refuse_whiteouts() { refuses_whiteouts_ = true; }

  // Puts all later changes below this directory.
  void enter(const std::string& directory) {
    directory_.clear();
    visit({.path = directory, .mode = S_IFDIR | 0755}, {});
    directory_ = directory + "/";
  }

  void finish() { tar_.finish(); }

 private:
  static void refuse_whiteout(const std::string& path) {
    constexpr std::string_view kPrefix = ".wh.";
    std::size_t name = path.rfind('/') + 1;
    if (!std::string_view(path).substr(name).starts_with(kPrefix)) return;
    std::string victim = path.substr(0, name) + path.substr(name + kPrefix.size());
    throw Error::of(ErrorKind::kStep, "/{} cannot be in a layer: its name says that /{} is deleted",
                    path, victim)
        .with_hint(
            "give the file another name, or remove it in the step that makes it; docker writes "
            "it into the layer, and who unpacks that loses the other file");
  }
  // The kernel shows an unmapped owner as nobody, which would then be written to the layer.
  [[noreturn]] static void throw_ownerless(const std::string& path) {
    throw Error::of(ErrorKind::kHost, "/{} belongs to an owner that there is no id for here", path)
        .with_hint(
            "this store was filled when cairn had more ids: give it those again, or use another "
            "store with --root DIR");
  }

  const LayerOptions& options_;
  bool refuses_whiteouts_ = false;
  internal::TarStream tar_;
  std::string directory_;  // "" or with a "/" at its end
};

// On a mounted overlay user.overlay.* attributes are the image's; anywhere else they are marks.
internal::XattrForm view_of(const sys::Fd& root) {
  struct statfs info {};
  if (::fstatfs(root.get(), &info) < 0) throw Error::from_errno(errno, "statfs");
  return info.f_type == OVERLAYFS_SUPER_MAGIC ? internal::XattrForm::kMounted
                                              : internal::XattrForm::kLayer;
}

// The root is reopened, since the walk owns its roots and reading a directory moves the offset.
void walk_tree(const sys::Fd& root, Writer& writer) {
  sys::Fd own = sys::open_at(root, ".", O_RDONLY | O_DIRECTORY);
  internal::XattrForm view = view_of(root);
  std::vector<sys::Fd> roots;
  roots.push_back(std::move(own));
  internal::walk_changes(internal::LayerDirs(std::move(roots), view), LayerStack(), writer);
}

}  // namespace

void write_layer(const LayerStack& upper, const LayerStack& below, const LayerOptions& options,
                 ByteSink& tar) {
  Writer writer(options, tar);
  writer.refuse_whiteouts();
  internal::walk_changes(internal::open_layers(upper), below, writer, options.clamp_mtime);
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
