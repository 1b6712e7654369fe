// SPDX-License-Identifier: Apache-2.0
#include "solver/stage_files.h"

#include <fcntl.h>

#include <algorithm>
#include <vector>

namespace cairn::solver {
namespace {

// One filesystem holds all snapshots, and overlayfs shows a file under the number that it has
// there.
bool is_same_file(const struct stat& a, const struct stat& b) {
  auto time = [](const timespec& t) { return std::pair(t.tv_sec, t.tv_nsec); };
  return a.st_ino == b.st_ino && a.st_mode == b.st_mode && a.st_size == b.st_size &&
         a.st_uid == b.st_uid && a.st_gid == b.st_gid && time(a.st_mtim) == time(b.st_mtim) &&
         time(a.st_ctim) == time(b.st_ctim);
}

}  // namespace

class StageFiles::Directory final : public overlay::KnownDirectory {
 public:
  Directory(StageFiles& tree, const std::string& below) : tree_(tree) {
    std::string path = tree.dir_ + "/" + below;
    for (Layer& layer : tree.layers_) {
      std::optional<sys::Fd> found = layer.root.find_in(path, O_PATH | O_DIRECTORY);
      if (found) places_.push_back({&layer, std::move(*found)});
    }
  }

  std::optional<overlay::Twin> find_equal(const std::string& name, const struct stat& st) override {
    const std::string& file = tree_.file_.empty() ? name : tree_.file_;
    for (const Place& place : places_) {
      // Of a bare directory, `st` is that of the very file.
      std::optional<struct stat> there = st;
      if (!tree_.bare_) there = sys::find_stat_at(place.dir, file.c_str());
      if (!there || !is_same_file(*there, st)) continue;
      if (there->st_nlink > 1 && !place.layer->lends_again) return std::nullopt;
      place.layer->has_lent = true;
      return overlay::Twin{place.dir, file};
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
  StageFiles& tree_;
  std::vector<Place> places_;
};

StageFiles::StageFiles(const Job& job, const std::string& snapshot, std::string path,
                       bool is_directory)
    : dir_(std::move(path)) {
  if (!is_directory) {
    std::size_t slash = dir_.rfind('/');
    file_ = dir_.substr(slash + 1);
    dir_.resize(slash);
  }
  StackBelow below(job);
  bool is_alone = is_directory;
  std::vector<std::string> stack = job.shop.store.snapshots().stack(snapshot);
  for (auto id = stack.rbegin(); id != stack.rend(); ++id) {
    sys::RootDir root = sys::RootDir::open(job.shop.store.snapshots().path(*id));
    if (is_alone) {
      std::optional<sys::Fd> found = root.find_in(dir_, O_RDONLY | O_DIRECTORY);
      is_alone = !found || !bare_;
      if (found) bare_ = std::move(*found);
    }
    if (below.has(*id)) continue;
    layers_.emplace_back(
        *id, std::move(root),
        job.shop.store.snapshots().has_lent(*id) && !below.shares_with(origins(job, *id)));
  }
  if (!is_alone) bare_.reset();
}

std::optional<sys::Fd> StageFiles::bare() const {
  if (!bare_) return std::nullopt;
  return sys::duplicate(bare_);
}

std::unique_ptr<overlay::KnownDirectory> StageFiles::directory(const std::string& below) {
  if (layers_.empty()) return nullptr;
  return std::make_unique<Directory>(*this, below);
}

LayerIds StageFiles::donors() const {
  LayerIds ids;
  for (const Layer& layer : layers_) {
    if (layer.has_lent) ids.insert(layer.id);
  }
  return ids;
}

}  // namespace cairn::solver
