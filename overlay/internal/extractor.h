// SPDX-License-Identifier: Apache-2.0
//
// Puts the entries of one tar archive below a root.
#pragma once

#include <map>

#include "overlay/internal/marks.h"
#include "overlay/internal/path_finder.h"
#include "overlay/internal/tar_reader.h"
#include "overlay/unpack.h"

namespace cairn::overlay::internal {

struct ExtractPolicy {
  std::vector<std::string> base;  // where in the root the archive's "/" is
  View view = View::kLayer;       // kLayer: escape attributes as layer directories do
  bool whiteouts = false;         // .wh. names delete; otherwise they are names like others
  bool drop_whiteouts = false;    // they delete nothing, there being nothing below
  std::optional<std::pair<uid_t, gid_t>> owner{};
};

class Extractor {
 public:
  Extractor(sys::Fd root, ExtractPolicy policy, const UnpackLimits& limits)
      : finder_(std::move(root)), policy_(std::move(policy)), limits_(limits) {}

  UnpackResult run(ByteSource& tar);

 private:
  void place(const TarEntry& entry, TarReader& tar);
  void place_root(const TarEntry& entry);
  void place_whiteout(std::span<const std::string> parts);
  void place_dir(const TarEntry& entry, const std::string& name);
  void place_file(const TarEntry& entry, const std::string& name, TarReader& tar);
  void place_link(const TarEntry& entry, std::span<const std::string> parent,
                  const std::string& name);
  void place_symlink(const TarEntry& entry, const std::string& name);
  void place_node(const TarEntry& entry, const std::string& name);

  template <typename Make>
  int make(const std::string& name, Make call);
  bool clear(const std::string& name);
  void write_content(const TarEntry& entry, const sys::Fd& file, TarReader& tar);
  void set_owner(const TarEntry& entry, const sys::Fd& dir, const char* name);
  void set_xattrs(const TarEntry& entry, const sys::Fd& file);
  void count(const TarEntry& entry);
  void settle_implied();
  void set_dir_times();
  void warn(std::string text);

  PathFinder finder_;
  ExtractPolicy policy_;
  const UnpackLimits& limits_;
  UnpackResult result_;
  // Files put into a directory change its mtime, so these wait for the end.
  std::map<std::string, Timestamp> dir_times_;
};

}  // namespace cairn::overlay::internal
