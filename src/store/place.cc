// SPDX-License-Identifier: Apache-2.0
//
// Works from the root down, by descriptors and without following symlinks. In a new store the
// marker comes first, so that a half-made one is recognized as ours; in a store of an older cairn
// it comes last, after the modes are corrected, so that an interrupted upgrade is repeated.
#include "store/internal/place.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "base/error.h"
#include "base/sys/placement.h"
#include "base/text.h"

namespace cairn::store {
namespace {

using sys::Fd;

constexpr const char* kMarker = "cairn-store";
constexpr std::string_view kMarkerText =
    "This directory is a store of cairn, which changes and removes what is in it.\nversion 1\n";

struct Part {
  const char* name;
  // A directory of trees that are each written and deleted as a whole; see sys/placement.h.
  bool holds_trees = false;
};
// Parents before children.
constexpr std::array kParts = {
    Part{"oci"},      Part{"oci/blobs"},       Part{"oci/blobs/sha256"},
    Part{"contexts"}, Part{"snapshots", true}, Part{"cache-mounts", true},
    Part{"tmp", true}};
// Files that SQLite opens by name, and the locks.
constexpr const char* kFiles[] = {"cairn.db",         "cairn.db-wal", "cairn.db-shm",
                                  "cairn.db-journal", "lock",         "layout.lock"};
constexpr const char* kPlacesOfFiles[] = {".", "oci", "oci/blobs/sha256", "contexts",
                                          "cache-mounts"};

[[noreturn]] void refuse_link(const std::string& path) {
  throw Error::of(ErrorKind::kHost,
                  "{} is no plain part of a store, and cairn follows no links inside one", path)
      .with_hint("to have a store elsewhere, name its place with --root DIR or CAIRN_ROOT");
}

bool is_regular(const Fd& root, const char* name) {
  std::optional<struct stat> status = sys::find_stat_at(root, name);
  return status && S_ISREG(status->st_mode);
}

bool has_marker(const Fd& root) {
  return is_regular(root, kMarker);
}

// A store from before markers.
bool is_unmarked_store(const Fd& root) {
  return is_regular(root, "cairn.db") && is_regular(root, "oci/oci-layout");
}

// A fresh filesystem has a lost+found.
bool is_empty(const Fd& root) {
  return std::ranges::all_of(sys::list_dir(root),
                             [](const sys::DirEntry& entry) { return entry.name == "lost+found"; });
}

// Creates a new file, whatever the umask. False if another process was first.
bool make_private_file(const Fd& root, const std::string& path, const char* name,
                       std::string_view text) {
  int fd = ::openat(root.get(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST) return false;
  if (fd < 0) throw Error::from_errno(errno, "make {}/{}", path, name);
  Fd made(fd);
  sys::chmod_fd(made, 0600);
  sys::write_all(made, text);
  return true;
}

// Sets the mode of a file or directory of ours. True if others had access and now have none; false
// also if it is somebody else's, or the filesystem has no modes.
bool close_to_others(const Fd& fd, mode_t mode) {
  mode_t had = sys::stat_of(fd).st_mode & 0777;
  if (had == mode || ::fchmod(fd.get(), mode) < 0) return false;
  return (had & 077) != 0 && (sys::stat_of(fd).st_mode & 077) == 0;
}

class Opening {
 public:
  Opening(std::string path, Access access) : path_(std::move(path)), access_(access) {}

  Place open() {
    root_ = open_root();
    refuse_other_owner();
    bool is_marked = has_marker(root_);
    bool is_old = !is_marked && is_unmarked_store(root_);
    // Another process may be creating a store here; then its marker came first, so look again.
    if (!is_marked && !is_old && !is_empty(root_) && !has_marker(root_)) refuse();
    if (is_read_only()) return {.root = path_, .is_read_only = true};
    if (!is_marked && !is_old) make_private_file(root_, path_, kMarker, kMarkerText);
    bool was_open = close_to_others(root_, 0700);
    for (const Part& part : kParts) was_open = open_part(part) || was_open;
    if (::faccessat(root_.get(), "tmp", W_OK, AT_EACCESS) != 0) {
      throw Error::from_errno(errno, "write to {}", path_);
    }
    was_open = check_files() || was_open;
    if (was_open || is_old) close_files();
    // Last, so that everything is repeated if this is interrupted.
    if (is_old) make_private_file(root_, path_, kMarker, kMarkerText);
    make_private_file(root_, path_, "cairn.db", "");  // SQLite's other files copy its mode
    return {.root = path_};
  }

 private:
  Fd open_root() const {
    if (auto there = sys::find_path(path_, O_RDONLY | O_DIRECTORY)) return std::move(*there);
    std::size_t slash = path_.rfind('/');
    if (slash > 0) sys::make_dirs(path_.substr(0, slash), 0755);
    bool is_made = ::mkdir(path_.c_str(), 0700) == 0;
    if (!is_made && errno != EEXIST) throw Error::from_errno(errno, "make directory {}", path_);
    // The umask may have removed our own bits. An existing path keeps its mode: it may be a file.
    if (is_made) ::chmod(path_.c_str(), 0700);
    return sys::open_path(path_, O_RDONLY | O_DIRECTORY);
  }

  // The owner of a directory can change everything in it, and as root we would create programs
  // there that run as root. 65534 is the overflow id: an owner that this user namespace does not
  // map.
  void refuse_other_owner() const {
    constexpr uid_t kOverflow = 65534;
    uid_t owner = sys::stat_of(root_).st_uid;
    if (owner == ::geteuid() || ::geteuid() != 0 || owner == kOverflow) return;
    throw Error::of(ErrorKind::kUsage, "{} belongs to uid {}, who could change a store of root's",
                    path_, owner)
        .with_hint("name a directory of your own with --root DIR or CAIRN_ROOT");
  }

  [[noreturn]] void refuse() const {
    throw Error::of(ErrorKind::kUsage,
                    "{} is neither empty nor a store of cairn, so nothing in it is touched", path_)
        .with_hint(
            "name an empty directory, or one that is not there yet, with --root DIR or "
            "CAIRN_ROOT");
  }

  bool is_read_only() const {
    if (access_ != Access::kMayBeReadOnly || !is_regular(root_, "cairn.db")) return false;
    return ::faccessat(root_.get(), ".", W_OK, AT_EACCESS) < 0 && errno == EROFS;
  }

  // Opens or creates a part; returns whether others had access.
  bool open_part(const Part& part) const {
    std::optional<struct stat> known = sys::find_stat_at(root_, part.name);
    if (known && S_ISDIR(known->st_mode) && (known->st_mode & 0777) == 0700) return false;
    constexpr int kFlags = sys::kOpenDir | O_CLOEXEC;
    Fd fd(::openat(root_.get(), part.name, kFlags));
    if (!fd && errno == ENOENT) {
      if (::mkdirat(root_.get(), part.name, 0700) < 0 && errno != EEXIST) {
        throw Error::from_errno(errno, "make directory {}/{}", path_, part.name);
      }
      ::fchmodat(root_.get(), part.name, 0700, 0);
      fd = Fd(::openat(root_.get(), part.name, kFlags));
      if (fd && part.holds_trees) sys::spread_subdirectories(fd);
    }
    if (!fd && (errno == ELOOP || errno == ENOTDIR)) refuse_link(path_ + "/" + part.name);
    if (!fd) throw Error::from_errno(errno, "open {}/{}", path_, part.name);
    return close_to_others(fd, 0700);
  }

  // Whether others had access to any file: an old cairn left SQLite's open.
  bool check_files() const {
    bool was_open = false;
    for (const char* name : kFiles) {
      std::optional<struct stat> status = sys::find_stat_at(root_, name);
      if (!status) continue;
      if (!S_ISREG(status->st_mode)) refuse_link(path_ + "/" + name);
      was_open = was_open || (status->st_mode & 077) != 0;
    }
    return was_open;
  }

  void close_files() const {
    for (const char* place : kPlacesOfFiles) {
      std::optional<Fd> dir = sys::find_at(root_, place, sys::kOpenDir);
      if (!dir) continue;
      for (const sys::DirEntry& entry : sys::list_dir(*dir)) {
        if (entry.type == DT_DIR || !is_regular(*dir, entry.name.c_str())) continue;
        // A file of another user is unreachable behind our directories anyway.
        ::fchmodat(dir->get(), entry.name.c_str(), 0600, 0);
      }
    }
  }

  const std::string path_;
  const Access access_;
  Fd root_;
};

}  // namespace

Place open_place(const std::string& root, Access access) {
  std::string path = std::filesystem::absolute(root).lexically_normal().string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  auto advise = [](Error& error) {
    if (error.hint().empty())
      error.set_hint("choose another place for the store with --root DIR or CAIRN_ROOT");
  };
  return amend(advise, [&] { return Opening(path, access).open(); });
}

}  // namespace cairn::store
