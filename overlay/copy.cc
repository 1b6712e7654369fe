// SPDX-License-Identifier: Apache-2.0
//
// One COPY line: find out what kind of thing each end is, make the directories on the way, and hand
// over to TreeCopy (a directory) or copy_single (anything else). The order and the messages are
// those of fsutil/copy, since builds depend on both. With bypass_mount the files go into the upper
// directory itself, which spares the work that a mount does for each file.
#include "overlay/copy.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/sys/ids.h"
#include "base/text.h"
#include "overlay/internal/copy_entry.h"
#include "overlay/internal/tree_copy.h"

namespace cairn::overlay {
namespace {

using sys::Fd;
using sys::Follow;

// The last component, as COPY names a file that goes into a directory.
std::string base_name(const std::string& path) {
  std::string clean = rooted_path(path);
  return clean.substr(clean.rfind('/') + 1);
}

}  // namespace

TreeCopier::TreeCopier(const sys::RootDir& from, const sys::RootDir& to, CopyOptions options)
    : from_(from), to_(to), options_(std::move(options)) {}

// A relative mode such as u+x says nothing about a new directory, which is 0755 then.
Fd TreeCopier::make_dirs(const std::string& path) {
  std::optional<mode_t> mode = options_.mode ? options_.mode->absolute() : std::nullopt;
  return to_.make_dirs(path, mode.value_or(0755), [&](const Fd& made) {
    if (options_.owner) sys::chown_at(made, "", *options_.owner);
    if (mode) sys::chmod_fd(made, *mode);
  });
}

// Follows symlinks at the last component of `path`, even if the result does not exist yet.
std::string TreeCopier::follow_final(std::string path) const {
  for (int links = 0; links <= limits::kSymlinks; ++links) {
    std::optional<sys::RootDir::Parent> parent = to_.find_parent(path);
    if (!parent || parent->name == ".") return path;
    std::optional<struct stat> st = sys::find_stat_at(parent->dir, parent->name.c_str());
    if (!st || !S_ISLNK(st->st_mode)) return path;
    std::string target = sys::read_link_at(parent->dir, parent->name.c_str());
    std::string dir = path.substr(0, path.rfind('/') + 1);
    path = target.starts_with('/') ? target : dir + target;
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  }
  throw dockerfile_error("too many levels of symbolic links: {}", path);
}

void TreeCopier::copy(const std::string& source, const std::string& dest) {
  Fd from = from_.open_in(source, O_PATH, Follow::kYes);
  struct stat st = sys::stat_of(from);
  std::string clean = rooted_path(dest);
  bool names_directory = dest.ends_with('/') || clean == "/";
  make_dirs(names_directory ? dest : clean.substr(0, clean.rfind('/') + 1));

  std::string target = follow_final(clean);
  std::optional<struct stat> at_target = to_.find_stat(target, Follow::kYes);
  std::string source_path = rooted_path(source).substr(1);
  if (S_ISDIR(st.st_mode)) {
    if (at_target && !S_ISDIR(at_target->st_mode)) {
      throw dockerfile_error("cannot copy to non-directory: {}", clean);
    }
    return copy_contents(sys::reopen(from, O_RDONLY | O_DIRECTORY), source_path, make_dirs(target),
                         target);
  }
  if (at_target && S_ISDIR(at_target->st_mode)) target += "/" + base_name(source);
  copy_single(from, source_path, target);
}

void TreeCopier::copy_contents(Fd source, const std::string& source_path, Fd into,
                               const std::string& target) {
  Timestamp mtime = internal::mtime_for(sys::stat_of(source), options_);
  LayerDirectory dest{.upper = std::move(into)};
  if (options_.bypass_mount) {
    sys::set_mtime(dest.upper, mtime);  // copies the directory up, so the upper layer has it now
    std::string real = to_.find_real_path(target).value();
    dest.upper.reset();
    dest = options_.bypass_mount(real);
  }
  // Kept open, because copying the contents changes the mtime of the directory.
  Fd top = sys::duplicate(dest.upper);
  internal::TreeCopy tree(options_);
  tree.run(std::move(source), source_path, std::move(dest), target);
  has_replaced_ |= tree.has_replaced();
  sys::set_mtime(top, mtime);
}

// A file, device or FIFO replaces anything but a directory; only files may become hard links.
void TreeCopier::copy_single(const Fd& source, const std::string& source_path,
                             const std::string& target) {
  make_dirs(target.substr(0, target.rfind('/') + 1));
  sys::RootDir::Parent place = to_.open_parent(target);
  const char* name = place.name.c_str();
  if (std::optional<struct stat> there = sys::find_stat_at(place.dir, name)) {
    if (S_ISDIR(there->st_mode)) {
      throw dockerfile_error("cannot replace to directory {} with file", target);
    }
    sys::unlink_at(place.dir, name);
    has_replaced_ = true;
  }
  // Symlinks in the source's name were followed, so reach it through its descriptor.
  std::string self = fmt::format("/proc/self/fd/{}", source.get());
  internal::Entry entry{source, self, source_path, place.dir, place.name};
  struct stat st = sys::stat_of(source);
  if (!S_ISREG(st.st_mode)) return internal::copy_node(entry, st, options_);
  std::unique_ptr<KnownDirectory> known;
  if (options_.known != nullptr) known = options_.known->directory("");
  auto find_twin = [&]() -> std::optional<LinkTarget> {
    if (known == nullptr) return std::nullopt;
    std::optional<LinkTarget> twin = known->find_known("");
    return twin ? twin : known->find_equal("", st);
  };
  if (std::optional<LinkTarget> twin = find_twin()) {
    if (options_.bypass_mount) place.dir = bypass_mount(target, place);
    if (internal::try_link(*twin, place.dir, place.name)) return;
  }
  Fd file = sys::reopen(source, O_RDONLY | O_NONBLOCK);  // do not block if it became a FIFO
  OpenFile open = internal::look_at(std::move(file), source_path);
  std::optional<internal::FreshInode> none;
  internal::copy_file(entry, open, options_, known.get(), none);
  if (known != nullptr) known->copied("", open);
}

// The directory inside the upper layer that will hold `target`, which has no entry there yet.
Fd TreeCopier::bypass_mount(const std::string& target, sys::RootDir::Parent& place) {
  const char* name = place.name.c_str();
  // Making an entry copies the directory up, so that the upper layer has it.
  sys::open_at(place.dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  std::string real = to_.find_real_path(target.substr(0, target.rfind('/') + 1)).value();
  place.dir.reset();
  Fd upper = options_.bypass_mount(real).upper;
  sys::unlink_at(upper, name);
  return upper;
}

}  // namespace cairn::overlay
