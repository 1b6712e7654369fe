// SPDX-License-Identifier: Apache-2.0
//
// Both indexes are sorted by directory and name, so each directory of the copy opens its
// counterpart in both once and looks names up there. A changed file shows as a new stamp, a new
// file as a name that the index lacks, a removed one as a count of files met that is too low.
#include "solver/copy/reuse_previous_copy.h"

#include <fcntl.h>

namespace cairn::solver {

using cache::FileStamp;
using cache::IndexedFile;
using cache::StatIndex;

class ReusePreviousCopy::Directory final : public overlay::KnownDirectory {
 public:
  Directory(ReusePreviousCopy& tree, const std::string& below)
      : tree_(tree), now_(tree.files_->directory(below)) {
    const PreviousCopy* earlier = tree.earlier_.get();
    if (earlier == nullptr) return;
    then_ = earlier->files.directory(below);
    if (then_.size() == 0) return;
    std::string path = earlier->into + "/" + below;
    std::optional<sys::Fd> found = earlier->layer.find_in(path, O_RDONLY | O_DIRECTORY);
    if (found) place_ = std::move(*found);
  }

  // Decides without a stat(2) of the file. The key of the step stands for the digested content, so
  // a link to that content is correct even if the file has changed since.
  std::optional<overlay::LinkTarget> find_known(const std::string& name) override {
    digested_ = now_.find(name);
    if (!digested_) return std::nullopt;
    ++tree_.found_;
    if (!place_) return std::nullopt;
    std::optional<IndexedFile> then = then_.find(name);
    // Compare digests too: a stamp in the old index may be one that a later scan did not trust.
    bool is_equal = then && digested_->stamp == then->stamp && digested_->digest == then->digest &&
                    then->stamp.is_linked == 0;
    if (!is_equal) return std::nullopt;
    tree_.linked_ = true;
    return overlay::LinkTarget{place_, name};
  }

  void copied(const std::string&, const overlay::OpenFile& file) override {
    tree_.copied_bytes_ += file.st.st_size;
    FileStamp stamp = FileStamp::of(sys::stat_of(file.fd));
    if (!digested_ || digested_->stamp != stamp) tree_.changed_ = true;
  }

 private:
  ReusePreviousCopy& tree_;
  std::optional<IndexedFile> digested_;  // the file that was asked for last
  StatIndex::Directory now_;
  StatIndex::Directory then_;
  sys::Fd place_;
};

bool ReusePreviousCopy::have_changed() const {
  return changed_ || found_ != files_->files();
}

std::unique_ptr<overlay::KnownDirectory> ReusePreviousCopy::directory(const std::string& below) {
  return std::make_unique<Directory>(*this, below);
}

}  // namespace cairn::solver
