// SPDX-License-Identifier: Apache-2.0
//
// Places the entries of one tar archive below a root. Used once, by one thread.
#pragma once

#include "overlay/internal/overlay_xattrs.h"
#include "overlay/internal/path_finder.h"
#include "overlay/tar/internal/tar_reader.h"
#include "overlay/unpack_result.h"

namespace cairn::overlay::internal {

// As utimensat(2) takes it.
// The two things that a tar can be.
enum class Extract {
  kLayer,    // whiteouts delete, the root is an ordinary entry, times do not depend on the clock
  kArchive,  // a ".wh." name is just a name; existing directories keep their metadata
};

struct ExtractPolicy {
  Extract what = Extract::kLayer;
  XattrForm view = XattrForm::kLayer;  // kLayer: escape attributes as layer directories do
  bool drop_whiteouts = false;         // there is nothing below that they could delete
  std::optional<Owner> owner{};
  UnmappedOwners unmapped = UnmappedOwners::kRefuse;
};

class Extractor {
 public:
  // Below `root`, which is the archive's "/".
  Extractor(sys::Fd root, const ExtractPolicy& policy, const UnpackLimits& limits);

  UnpackResult run(ByteSource& tar);

 private:
  void place(const TarEntry& entry, TarReader& tar);
  void place_root(const TarEntry& entry);
  void place_whiteout(std::span<const std::string> parts);
  void place_dir(const TarEntry& entry, const std::string& name);
  void place_file(const TarEntry& entry, const std::string& name, TarReader& tar);
  void place_link(const TarEntry& entry, std::span<const std::string> parent,
                  const std::string& name);
  void describe_link(const TarEntry& entry, const struct stat& st, const std::string& name);
  void note_lower_link(const TarEntry& entry, const std::string& path, const std::string& target);
  void place_symlink(const TarEntry& entry, const std::string& name);
  void place_node(const TarEntry& entry, const std::string& name);

  template <typename Make>
  int make(const std::string& name, Make call);
  bool clear(const std::string& name);
  void write_content(const TarEntry& entry, const sys::Fd& file, TarReader& tar);
  Owner named_owner(const TarEntry& entry) const;
  void set_owner(const TarEntry& entry, const sys::Fd& dir, const char* name);
  void lose_owner(const TarEntry& entry, const Owner& owner);
  bool has_ids(const Owner& owner);
  void set_xattrs(const TarEntry& entry, const sys::Fd& file);
  void count(const TarEntry& entry);
  bool is_layer() const { return policy_.what == Extract::kLayer; }
  void warn(std::string text);

  PathFinder finder_;
  ExtractPolicy policy_;
  const UnpackLimits& limits_;
  UnpackResult result_;
  std::optional<Owner> had_ids_;  // the last owner that has_ids() found mapped
  std::size_t link_bytes_ = 0;    // of result_.lower_links
};

}  // namespace cairn::overlay::internal
