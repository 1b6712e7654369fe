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
// Both roots are hostile: nothing is resolved but through RootDir. What is below a directory is
// copied by several threads.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/mode_change.h"
#include "base/path_filter.h"
#include "base/stream.h"
#include "base/sys/root_dir.h"

namespace cairn::overlay {

struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;
  bool operator==(const Owner&) const = default;
};

// The very file that a copy would be, where it is already.
struct Twin {
  const sys::Fd& dir;
  const std::string& name;
};

// A regular file that is about to be copied, as it is when it is opened.
struct OpenFile {
  sys::Fd fd;
  struct stat st;
  std::vector<std::string> xattrs;  // their names, in order
};

// What the caller knows of the files of a directory that is copied from; a single file that is
// copied is "" in it. Used by one thread.
class KnownDirectory {
 public:
  virtual ~KnownDirectory() = default;
  // What gets a hard link instead of being copied, whatever became of the file meanwhile; asked
  // first of each regular file, before anybody looks at it.
  virtual std::optional<Twin> find_known(const std::string& /*name*/) { return std::nullopt; }
  // The same for a file that was looked at, by a tree that wants to know what they are.
  virtual std::optional<Twin> find_equal(const std::string& /*name*/, const struct stat& /*st*/) {
    return std::nullopt;
  }
  // Who is to get the bytes of a file while they are copied; null when nobody is. Kept until the
  // next file.
  virtual ByteSink* reader_of(const OpenFile& /*file*/) { return nullptr; }
  // All of it was copied.
  virtual void copied(const std::string& name, const OpenFile& file) = 0;
  // It becomes another name of a file that was copied as such.
  virtual void linked(const std::string& /*name*/, const struct stat& /*st*/) {}
};

// The same of all of a tree. Safe from any thread, but for bare().
class KnownTree {
 public:
  virtual ~KnownTree() = default;
  // `below` is a path below the directory that is copied; null when nothing is known of it.
  virtual std::unique_ptr<KnownDirectory> directory(const std::string& below) = 0;
  // Whether its directories are asked for what is equal.
  virtual bool wants_stats() const { return false; }
  // The directory that is copied, as the one layer has it that it lies in alone: to be read instead
  // of a mount of it, which is dearer. Whiteouts in it, which hide nothing, are left out.
  virtual std::optional<sys::Fd> bare() const { return std::nullopt; }
  // All files of that directory are there; those further down may not be.
  virtual void finished(const std::string& /*below*/) {}
};

// A directory of the destination as its layer has it, for writing to without a mount in between,
// and the directory that lies below it, if one does.
struct BareDirectory {
  sys::Fd upper;
  sys::Fd lower = {};
};

struct CopyOptions {
  std::optional<Owner> owner;      // instead of the source's, also for directories made on the way
  std::optional<ModeChange> mode;  // the same if it is absolute; symlinks have none
  const PathFilter* filter = nullptr;  // of the source root
  std::stop_token stop;
  std::optional<timespec> mtime = {};  // of all that is copied, instead of the source's
  KnownTree* known = nullptr;          // of the directory that is copied
  // Lays bare a directory that the destination's upper layer has, by its real path: contents go
  // there directly. The destination root is not used again after this.
  std::function<BareDirectory(const std::string& path)> lay_bare = {};
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
  void copy_contents(sys::Fd source, const std::string& source_path, sys::Fd into,
                     const std::string& target);
  void copy_single(const sys::Fd& source, const std::string& source_path,
                   const std::string& target);
  sys::Fd lay_bare(const std::string& target, sys::RootDir::Parent& place);
  std::string follow_final(std::string path) const;

  const sys::RootDir& from_;
  const sys::RootDir& to_;
  CopyOptions options_;
};

}  // namespace cairn::overlay
