// SPDX-License-Identifier: Apache-2.0
//
// The copier reads a merged view, so the layer that holds a file has to be found: the directory is
// opened in each layer, and the file is where the same inode number, times and attributes are. If
// only one layer has the directory, the copier reads that layer directly, which saves an overlay
// mount and a stat(2) for each file. Layers that are in the parent's own stack are never linked
// from.
#include "solver/copy/link_from_stage.h"

#include <fcntl.h>

#include <algorithm>
#include <vector>

namespace cairn::solver {
namespace {

// All snapshots are on one filesystem, and overlayfs reports st_ino of the underlying file
// (non-directories, same filesystem). Comparing ctime too rules out a number that was reused.
bool is_same_file(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_mode == b.st_mode && a.st_size == b.st_size &&
         a.st_uid == b.st_uid && a.st_gid == b.st_gid &&
         timestamp_of(a.st_mtim) == timestamp_of(b.st_mtim) &&
         timestamp_of(a.st_ctim) == timestamp_of(b.st_ctim);
}

}  // namespace

class LinkFromStage::Directory final : public overlay::KnownDirectory {
 public:
  Directory(LinkFromStage& tree, const std::string& below) : tree_(tree) {
    std::string path = tree.dir_ + "/" + below;
    for (Layer& layer : tree.layers_) {
      std::optional<sys::Fd> found = layer.root.find_in(path, O_PATH | O_DIRECTORY);
      if (found) places_.push_back({&layer, std::move(*found)});
    }
  }

  std::optional<overlay::LinkTarget> find_equal(const std::string& name,
                                                const struct stat& st) override {
    const std::string& file = tree_.file_.empty() ? name : tree_.file_;
    for (const Place& place : places_) {
      // If the layer is read directly, `st` already is that file's.
      std::optional<struct stat> there = st;
      if (!tree_.layer_directory_) there = sys::find_stat_at(place.dir, file.c_str());
      if (!there || !is_same_file(*there, st)) continue;
      // More names than one: perhaps hard links of the image, which must stay apart from this one.
      if (there->st_nlink > 1 && !place.layer->may_link_again) return std::nullopt;
      place.layer->is_link_source = true;
      return overlay::LinkTarget{place.dir, file};
    }
    return std::nullopt;
  }

  void copied(const std::string&, const overlay::OpenFile& file) override {
    tree_.copied_bytes_ += file.st.st_size;
  }

 private:
  struct Place {
    Layer* layer;
    sys::Fd dir;
  };
  LinkFromStage& tree_;
  std::vector<Place> places_;
};

LinkFromStage::LinkFromStage(const Job& job, const SnapshotId& snapshot, std::string path,
                             bool is_directory)
    : dir_(std::move(path)) {
  if (!is_directory) {
    std::size_t slash = dir_.rfind('/');
    file_ = dir_.substr(slash + 1);
    dir_.resize(slash);
  }
  ParentStack below(job);
  // From the top layer down. is_alone stays true until a second layer has the directory.
  bool is_alone = is_directory;
  std::vector<snapshots::Snapshotter::Layer> stack = job.services.snapshotter.layers(snapshot);
  for (auto layer = stack.rbegin(); layer != stack.rend(); ++layer) {
    if (is_alone) {
      std::optional<sys::Fd> found = layer->root.find_in(dir_, O_RDONLY | O_DIRECTORY);
      is_alone = !found || !layer_directory_;
      if (found) layer_directory_ = std::move(*found);
    }
    // This layer is in the stack that the new layer goes on: it must not share inodes with it.
    if (below.has(layer->id)) continue;
    layers_.emplace_back(layer->id, std::move(layer->root),
                         job.services.store.snapshots().is_link_source(layer->id) &&
                             !below.shares_with(origins(job, layer->id)));
  }
  if (!is_alone) layer_directory_.reset();
}

std::optional<sys::Fd> LinkFromStage::layer_directory() const {
  if (!layer_directory_) return std::nullopt;
  return sys::duplicate(layer_directory_);
}

std::unique_ptr<overlay::KnownDirectory> LinkFromStage::directory(const std::string& below) {
  if (layers_.empty()) return nullptr;
  return std::make_unique<Directory>(*this, below);
}

LayerIds LinkFromStage::link_sources() const {
  LayerIds ids;
  for (const Layer& layer : layers_) {
    if (layer.is_link_source) ids.insert(layer.id);
  }
  return ids;
}

}  // namespace cairn::solver
