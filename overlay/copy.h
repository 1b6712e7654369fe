// SPDX-License-Identifier: Apache-2.0
//
// COPY between two roots, with the rules of the Dockerfile language (fsutil/copy in BuildKit):
//
// - A source directory is copied as its *contents*. A file is copied into a destination that is a
//   directory.
// - Symlinks in the named source and in the destination path are followed inside their roots.
//   Symlinks inside a copied directory are copied as symlinks.
// - The mode and owner of the top directory are never applied to the destination. Those of nested
//   directories are, even where the directory exists already. The destination takes the mtime of
//   the top directory.
// - A directory over anything else, or a file over a directory, is an error. A file replaces a file
//   or a symlink.
// - Hard links within one source stay hard links.
//
// Both roots are hostile: every path is resolved through RootDir. Several threads copy what is
// below a directory.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/mode_change.h"
#include "base/owner.h"
#include "base/path_filter.h"
#include "base/stream.h"
#include "base/sys/root_dir.h"

namespace cairn::overlay {

// An existing file identical to the copy; it is hard-linked instead. Borrows both.
struct LinkTarget {
  const sys::Fd& dir;
  const std::string& name;
};

// A regular file that is about to be copied, as it was when it was opened.
struct OpenFile {
  sys::Fd fd;
  struct stat st;
  std::vector<std::string> xattrs;  // their names, sorted
};

// What the caller knows about the files of one source directory. A single file that is copied has
// the name "" here. Used by one thread at a time.
class KnownDirectory {
 public:
  virtual ~KnownDirectory() = default;
  // The file to hard-link instead of copying, whatever became of the source since. Asked first for
  // each regular file, before stat(2).
  virtual std::optional<LinkTarget> find_known(const std::string& /*name*/) { return std::nullopt; }
  // The same once stat(2) was called; see KnownTree::wants_stats().
  virtual std::optional<LinkTarget> find_equal(const std::string& /*name*/,
                                               const struct stat& /*st*/) {
    return std::nullopt;
  }
  // Optional sink that receives the file's bytes during the copy; null for none. It must live until
  // the next file.
  virtual ByteSink* reader_of(const OpenFile& /*file*/) { return nullptr; }
  // Called when the file was copied completely.
  virtual void copied(const std::string& name, const OpenFile& file) = 0;
  // Called when the file becomes a hard link to one that was copied in this run.
  virtual void linked(const std::string& /*name*/, const struct stat& /*st*/) {}
};

// The same for a whole tree. Thread-safe, except for layer_directory().
class KnownTree {
 public:
  virtual ~KnownTree() = default;
  // `below` is a path below the copied directory. Returns null if nothing is known about it.
  virtual std::unique_ptr<KnownDirectory> directory(const std::string& below) = 0;
  // Whether find_equal() is used, so that every file needs a stat(2).
  virtual bool wants_stats() const { return false; }
  // The copied directory inside its layer, if it lies in a single layer. It is read instead of an
  // overlay mount, which is slower. Its whiteouts hide nothing and are skipped.
  virtual std::optional<sys::Fd> layer_directory() const { return std::nullopt; }
  // Called when all files directly in `below` are copied; those in subdirectories may not be.
  virtual void finished(const std::string& /*below*/) {}
};

// A destination directory inside its upper layer, so that writes bypass the mount; and the lower
// directory of the same path, if there is one.
struct LayerDirectory {
  sys::Fd upper;
  sys::Fd lower = {};
};

struct CopyOptions {
  std::optional<Owner> owner;      // replaces the source's; also for directories made on the way
  std::optional<ModeChange> mode;  // also for those if it is absolute; symlinks have no mode
  const PathFilter* filter = nullptr;  // of paths in the source root; borrowed
  std::stop_token stop;
  std::optional<Timestamp> mtime = {};  // replaces the source's, for everything that is copied
  KnownTree* known = nullptr;           // about the copied directory; borrowed
  // Replace any entry at the destination as an entry: never write through a symlink or into a
  // device, and remove a directory with all its contents if a file takes its name. Everything but a
  // directory is made under a temporary name and renamed, so that no reader sees half a file. For
  // directories on the host, as BuildKit's local exporter writes them.
  bool replaces_entries = false;
  // Returns a destination directory inside the upper layer, by its real path; contents are then
  // written there directly. The destination root is not used after this call.
  std::function<LayerDirectory(const std::string& path)> bypass_mount = {};
};

// One COPY of one source path. Throws kDockerfile where the Dockerfile asks for the impossible,
// kHost where a file changes during the copy, kCancelled on a stop request.
class TreeCopier {
 public:
  // Borrows both roots for its life.
  TreeCopier(const sys::RootDir& from, const sys::RootDir& to, CopyOptions options);

  // `source` exists in the source root and has no wildcards. `dest` keeps its trailing "/".
  void copy(const std::string& source, const std::string& dest);

  // Whether a copy replaced anything other than a directory.
  bool has_replaced() const { return has_replaced_; }

  // mkdir -p in the destination root with the options' owner and mode.
  sys::Fd make_dirs(const std::string& path);

 private:
  void copy_contents(sys::Fd source, const std::string& source_path, sys::Fd into,
                     const std::string& target);
  void copy_single(const sys::Fd& source, const std::string& source_path,
                   const std::string& target);
  sys::Fd bypass_mount(const std::string& target, sys::RootDir::Parent& place);
  std::string follow_final(std::string path) const;

  const sys::RootDir& from_;
  const sys::RootDir& to_;
  CopyOptions options_;
  bool has_replaced_ = false;
};

}  // namespace cairn::overlay
