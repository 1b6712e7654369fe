// SPDX-License-Identifier: Apache-2.0
#include "solver/known_files.h"

#include <fcntl.h>

namespace cairn::solver {

using cache::FileStamp;
using cache::IndexedFile;
using cache::StatIndex;

class KnownFiles::Directory final : public overlay::KnownDirectory {
 public:
  Directory(KnownFiles& tree, const std::string& below)
      : tree_(tree), now_(tree.files_->directory(below)) {
    const EarlierCopy* earlier = tree.earlier_.get();
    if (earlier == nullptr) return;
    then_ = earlier->files.directory(below);
    if (then_.size() == 0) return;
    std::string path = earlier->into + "/" + below;
    std::optional<sys::Fd> found = earlier->layer.find_in(path, O_RDONLY | O_DIRECTORY);
    if (found) place_ = std::move(*found);
  }

  std::optional<overlay::Twin> find_equal(const std::string& name, const struct stat& st) override {
    if (!place_) return std::nullopt;
    FileStamp stamp = FileStamp::of(st);
    std::optional<IndexedFile> now = now_.find(name);
    std::optional<IndexedFile> then = then_.find(name);
    // By digest too: the stamps of then may be from before a scan that distrusted them.
    bool is_equal = now && then && now->stamp == stamp && then->stamp == stamp &&
                    now->digest == then->digest && stamp.is_linked == 0;
    if (!is_equal) return std::nullopt;
    tree_.linked_ = true;
    return overlay::Twin{place_, name};
  }

  void copied(const std::string& name, const struct stat& st) override {
    tree_.copied_bytes_ += st.st_size;
    std::optional<IndexedFile> digested = now_.find(name);
    if (!digested || digested->stamp != FileStamp::of(st)) tree_.changed_ = true;
  }

 private:
  KnownFiles& tree_;
  StatIndex::Directory now_;
  StatIndex::Directory then_;
  sys::Fd place_;
};

std::unique_ptr<overlay::KnownDirectory> KnownFiles::directory(const std::string& below) {
  return std::make_unique<Directory>(*this, below);
}

}  // namespace cairn::solver
