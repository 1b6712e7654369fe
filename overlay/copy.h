// SPDX-License-Identifier: Apache-2.0
//
// COPY between two roots, with the rules of the Dockerfile language (fsutil/copy in BuildKit):
//
// - a directory source gives its *contents*; a file goes into a destination that is a directory;
// - symlinks in the named source and in the destination path are followed inside their roots, those
//   inside a copied directory are copied as links;
// - the mode and owner of the top directory are never applied to the destination, those of nested
//   directories are, also when they exist; the destination takes the top directory's mtime;
// - a directory over something else, or a file over a directory, is an error; a file over a file or
// a
//   link replaces it;
// - hard links inside one source stay hard links.
//
// Both roots are hostile: nothing is resolved but through RootDir.
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "base/mode_change.h"
#include "base/path_filter.h"
#include "base/sys/root_dir.h"

namespace cairn::overlay {

struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;
  bool operator==(const Owner&) const = default;
};

struct CopyOptions {
  std::optional<Owner> owner;      // instead of the source's, also for directories made on the way
  std::optional<ModeChange> mode;  // the same if it is absolute; symlinks have none
  const PathFilter* filter = nullptr;  // of the source root
  std::stop_token stop;
  std::optional<timespec> mtime = {};  // of all that is copied, instead of the source's
};

// One COPY of one source path. Errors are kDockerfile where the Dockerfile asks for the impossible.
class TreeCopier {
 public:
  // Borrows both roots for its life.
  TreeCopier(const sys::RootDir& from, const sys::RootDir& to, CopyOptions options);

  // `source` exists in the source root and has no wildcards. `dest` keeps its trailing "/".
  void copy(const std::string& source, const std::string& dest);

  // mkdir -p in the destination root with the options' owner and mode.
  sys::Fd make_dirs(const std::string& path);

 private:
  struct Entry;

  void copy_contents(const sys::Fd& source, const std::string& source_path, const sys::Fd& dest,
                     const std::string& dest_path);
  void copy_entry(const Entry& entry);
  void copy_directory(const Entry& entry, const struct stat& st);
  void copy_partly(const Entry& entry, const struct stat& st);
  void copy_file(const Entry& entry, const struct stat& st);
  void copy_symlink(const Entry& entry, const struct stat& st);
  void copy_node(const Entry& entry, const struct stat& st);
  bool link_to_earlier(const Entry& entry, const struct stat& st);
  void clear_target(const Entry& entry);
  void apply_metadata(const sys::Fd& made, const sys::Fd& source, const struct stat& st);
  mode_t mode_for(const struct stat& st) const;
  timespec mtime_for(const struct stat& st) const { return options_.mtime.value_or(st.st_mtim); }
  std::string follow_final(std::string path) const;

  const sys::RootDir& from_;
  const sys::RootDir& to_;
  CopyOptions options_;
  // Where each inode with several names went, by (device, inode).
  std::map<std::pair<dev_t, ino_t>, std::string> seen_;
};

}  // namespace cairn::overlay
