// SPDX-License-Identifier: Apache-2.0
//
// TreeCopier copies a directory in batches, on several threads, so each batch collects its files in
// a Directory of its own and merges them under the lock when it is done. finished() then writes the
// directory's entry, sorted by name, and forgets it: memory holds directories in progress only.
#include "solver/copy/digest_while_copying.h"

#include <algorithm>

namespace cairn::solver {

using cache::FileStamp;

class DigestWhileCopying::Directory final : public overlay::KnownDirectory {
 public:
  Directory(DigestWhileCopying& tree, std::string below) : tree_(tree), below_(std::move(below)) {}

  ~Directory() override {
    std::lock_guard lock(tree_.mutex_);
    std::vector<File>& all = tree_.files_[below_];
    std::ranges::move(files_, std::back_inserter(all));
  }

  ByteSink* reader_of(const overlay::OpenFile& file) override {
    return &digester_.emplace(file.fd, file.st, file.xattrs);
  }

  // `file.st` is from before the read, so a file that changes during it has another stamp when the
  // tree is digested.
  void copied(const std::string& name, const overlay::OpenFile& file) override {
    files_.push_back(
        {.name = name, .stamp = FileStamp::of(file.st), .digest = digester_->finish()});
  }

  void linked(const std::string& name, const struct stat&) override {
    std::lock_guard lock(tree_.mutex_);
    tree_.other_names_.insert(below_ + "/" + name);
  }

 private:
  DigestWhileCopying& tree_;
  std::string below_;
  std::optional<cache::FileDigester> digester_;
  std::vector<File> files_;
};

std::unique_ptr<overlay::KnownDirectory> DigestWhileCopying::directory(const std::string& below) {
  return std::make_unique<Directory>(*this, below);
}

void DigestWhileCopying::finished(const std::string& below) {
  std::vector<File> files;
  {
    std::lock_guard lock(mutex_);
    auto found = files_.find(below);
    if (found == files_.end()) return;
    files = std::move(found->second);
    files_.erase(found);
  }
  std::ranges::sort(files, {}, &File::name);
  std::vector<cache::IndexedFile> indexed;
  for (const File& file : files) indexed.push_back({file.name, file.stamp, file.digest});
  if (!indexed.empty()) writer_.add(below, indexed);
}

bool DigestWhileCopying::are(const cache::StatIndex& digested) const {
  if (!index_) return false;
  // All files must be in the index with equal stamps, except those with several names.
  std::optional<std::vector<std::string>> more = digested.beyond(*index_);
  return more && std::set<std::string>(more->begin(), more->end()) == other_names_;
}

}  // namespace cairn::solver
