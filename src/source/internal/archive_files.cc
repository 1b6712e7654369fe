// SPDX-License-Identifier: Apache-2.0
//
// libarchive reads the members in their order, and each regular file goes to the disk at once;
// links are resolved when they are asked for, since their targets may come later.
#include "source/internal/archive_files.h"

#include <fcntl.h>

#include <memory>

#include "base/archive_reader.h"
#include "base/compress.h"
#include "base/error.h"
#include "base/sys/libarchive.h"
#include "base/text.h"

namespace cairn::source::internal {
namespace {

constexpr std::size_t kMaxFiles = 10'000;
constexpr int kMaxLinks = 8;
constexpr std::size_t kMaxDocuments = 32 << 20;  // manifests and indexes of one archive

}  // namespace

ArchiveFiles::ArchiveFiles(const sys::Fd& from, const std::string& tmp_dir)
    : dir_(tmp_dir, "load-") {
  sys::FdSource bytes(from);
  // No filter of libarchive, not even a safe one: some take memory without a bound that can be set,
  // and for some it runs programs of the host (lrzip, grzip, lzop).
  std::unique_ptr<ByteSource> plain = decompressing_archive(bytes);
  ArchiveReader reader(*plain, "not an image archive");
  sys::libarchive().archive_read_support_format_tar(reader.get());
  reader.open();
  while (archive_entry* entry = reader.next()) add_member(reader, entry);
}

sys::Fd ArchiveFiles::open(const std::string& name) const {
  auto file = files_.find(resolve(name));
  if (file == files_.end()) {
    throw Error::of(ErrorKind::kCorrupt, "the archive has no \"{}\"", name);
  }
  return sys::open_path(file->second, O_RDONLY);
}

std::string ArchiveFiles::read(const std::string& name, std::size_t limit) const {
  ErrorContext while_here([&] { return "reading " + name + " of the archive"; });
  return sys::read_all(open(name), limit);
}

std::string ArchiveFiles::read_counted(const std::string& name, std::size_t limit) const {
  std::string bytes = read(name, limit);
  counted_ += bytes.size();
  if (counted_ <= kMaxDocuments) return bytes;
  throw Error::of(ErrorKind::kLimit, "the manifests of the archive are more than {} MiB",
                  kMaxDocuments >> 20);
}

void ArchiveFiles::add_member(ArchiveReader& reader, archive_entry* entry) {
  const char* raw = sys::libarchive().archive_entry_pathname(entry);
  std::string name = clean_path(raw != nullptr ? raw : "");
  // Counts all members, replaced ones too: they cost the same.
  if (++members_ > kMaxFiles) {
    throw Error::of(ErrorKind::kLimit, "more than {} files in an image archive", kMaxFiles);
  }
  if (const char* link = sys::libarchive().archive_entry_symlink(entry)) {
    std::size_t slash = name.rfind('/');
    std::string dir = slash == std::string::npos ? "" : name.substr(0, slash + 1);
    set_link(name, clean_path(dir + link));
  } else if (const char* hard = sys::libarchive().archive_entry_hardlink(entry)) {
    if (clean_path(hard) != name) set_link(name, clean_path(hard));
  } else if (sys::libarchive().archive_entry_filetype(entry) == AE_IFREG) {
    std::string path = fmt::format("{}/{}", dir_.path(), members_);
    sys::Fd file = sys::open_path(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    reader.read_into(file.get());
    forget(name);
    files_[name] = path;
  }
}

void ArchiveFiles::set_link(const std::string& name, std::string target) {
  forget(name);
  links_[name] = std::move(target);
}

// Deletes a file that a later member replaces.
void ArchiveFiles::forget(const std::string& name) {
  links_.erase(name);
  auto file = files_.find(name);
  if (file == files_.end()) return;
  sys::remove_tree(file->second);
  files_.erase(file);
}

std::string ArchiveFiles::resolve(std::string name) const {
  name = clean_path(name);
  // Bounded, as links may form a cycle.
  for (int i = 0; i < kMaxLinks; ++i) {
    auto link = links_.find(name);
    if (link == links_.end()) break;
    name = link->second;
  }
  return name;
}

}  // namespace cairn::source::internal
