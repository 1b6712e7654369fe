// SPDX-License-Identifier: Apache-2.0
//
// The files of an image archive, whatever it is compressed with.
#pragma once

#include <map>
#include <string>

#include "base/sys/file.h"

struct archive_entry;

namespace cairn {
class ArchiveReader;
}

namespace cairn::source::internal {

// The regular files of an archive, written to numbered files on the store's filesystem. Names of
// members are only keys of a map, never paths. The last member of a name wins, as when a tar is
// unpacked. Throws kCorrupt for what is no archive, kLimit for too many members. One thread at a
// time.
class ArchiveFiles {
 public:
  // Reads the archive from where `from` stands, to its end.
  ArchiveFiles(const sys::Fd& from, const std::string& tmp_dir);

  bool has(const std::string& name) const { return files_.contains(resolve(name)); }
  sys::Fd open(const std::string& name) const;  // kCorrupt when there is none
  std::string read(const std::string& name, std::size_t limit) const;
  // For documents that are kept in memory: bounds their total size.
  std::string read_counted(const std::string& name, std::size_t limit) const;

 private:
  void add_member(ArchiveReader& reader, archive_entry* entry);
  void set_link(const std::string& name, std::string target);
  void forget(const std::string& name);
  std::string resolve(std::string name) const;

  sys::TempDir dir_;
  std::map<std::string, std::string> files_;  // name to path
  std::map<std::string, std::string> links_;
  std::size_t members_ = 0;
  mutable std::size_t counted_ = 0;
};

}  // namespace cairn::source::internal
