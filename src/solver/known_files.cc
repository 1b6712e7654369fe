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

  // Without a look at the file: what the step is known by is what was digested, and a link to that
  // is a better copy than what is there now.
  std::optional<overlay::Twin> find_known(const std::string& name) override {
    digested_ = now_.find(name);
    if (!digested_) return std::nullopt;
    ++tree_.found_;
    if (!place_) return std::nullopt;
    std::optional<IndexedFile> then = then_.find(name);
    // By digest too: the stamps of then may be from before a scan that distrusted them.
    bool is_equal = then && digested_->stamp == then->stamp && digested_->digest == then->digest &&
                    then->stamp.is_linked == 0;
    if (!is_equal) return std::nullopt;
    tree_.linked_ = true;
    return overlay::Twin{place_, name};
  }

  void copied(const std::string&, const overlay::OpenFile& file) override {
    tree_.copied_bytes_ += file.st.st_size;
    FileStamp stamp = FileStamp::of(sys::stat_of(file.fd));
    if (!digested_ || digested_->stamp != stamp) tree_.changed_ = true;
  }

 private:
  KnownFiles& tree_;
  std::optional<IndexedFile> digested_;  // the file that was asked for last
  StatIndex::Directory now_;
  StatIndex::Directory then_;
  sys::Fd place_;
};

bool KnownFiles::have_changed() const {
  return changed_ || found_ != files_->files();
}

std::unique_ptr<overlay::KnownDirectory> KnownFiles::directory(const std::string& below) {
  return std::make_unique<Directory>(*this, below);
}

}  // namespace cairn::solver
