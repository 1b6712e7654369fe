// SPDX-License-Identifier: Apache-2.0
//
// Hard links of an archive. The target is looked up like any path, beneath the root; what a layer
// does not hold itself lies in a layer below, which nobody has looked at yet.
#include "base/error.h"
#include "base/limits.h"
#include "base/sys/ids.h"
#include "base/text.h"
#include "overlay/internal/extractor.h"

namespace cairn::overlay::internal {

// The metadata of the link's own header is applied, as Go's unpackers do: the last header wins.
void Extractor::place_link(const TarEntry& entry, std::span<const std::string> parent,
                           const std::string& name) {
  std::vector<std::string> target = path_parts(entry.link);
  if (target.empty()) throw Error::of(ErrorKind::kCorrupt, "a hard link to {}", entry.link);
  std::optional<struct stat> st;
  sys::Fd from;
  if (finder_.enter(std::span(target).first(target.size() - 1), Missing::kFail)) {
    st = sys::find_stat_at(finder_.dir(), target.back().c_str());
    from = sys::duplicate(finder_.dir());
  }
  // Finding the target moved the finder, so only now enter the link's directory.
  finder_.enter(parent, Missing::kMake);
  if (st && is_layer() && is_whiteout_device(*st)) {
    throw Error::of(ErrorKind::kCorrupt, "a hard link to {}, which its layer deletes", entry.link);
  }
  // The target is in a lower layer: remember the link until that layer can be read.
  if (!st) {
    bool has_lower = is_layer() && !policy_.drop_whiteouts;
    if (!has_lower) {
      throw Error::of(ErrorKind::kCorrupt, "a hard link to {}, which is not there", entry.link);
    }
    clear(name);
    note_lower_link(entry, finder_.path_of(name), join(target, "/"));
    return;
  }
  if (S_ISDIR(st->st_mode)) {
    throw Error::of(ErrorKind::kCorrupt, "a hard link to the directory {}", entry.link);
  }
  std::optional<struct stat> there = sys::find_stat_at(finder_.dir(), name.c_str());
  // If both names are the same file already, removing this one could remove the target.
  if (!there || there->st_dev != st->st_dev || there->st_ino != st->st_ino) {
    if (there) clear(name);
    sys::link_at(from, target.back().c_str(), finder_.changing(), name.c_str());
  }
  if (S_ISREG(st->st_mode)) describe_link(entry, *st, name);
}

// chown(2) clears capabilities, so it is called only if the owner differs.
void Extractor::describe_link(const TarEntry& entry, const struct stat& st,
                              const std::string& name) {
  sys::Fd file = sys::open_file_at(finder_.dir(), name.c_str());
  if (owner_of(st) != named_owner(entry)) set_owner(entry, file, "");
  set_xattrs(entry, file);
  sys::chmod_fd(file, entry.mode);
  sys::set_mtime(file, entry.mtime);
}

// What links say is kept in memory until the layers below are there, so it is bounded.
void Extractor::note_lower_link(const TarEntry& entry, const std::string& path,
                                const std::string& target) {
  LowerLink link{.path = path,
                 .target = target,
                 .mode = entry.mode,
                 .owner = named_owner(entry),
                 .mtime = entry.mtime};
  if (!has_ids(link.owner)) {
    lose_owner(entry, link.owner);
    link.owner = {};
  }
  link_bytes_ += path.size() + target.size() + sizeof(LowerLink);
  for (const auto& [attribute, value] : entry.xattrs) {
    std::string stored = stored_xattr_name(attribute);
    if (stored.empty()) continue;
    link_bytes_ += stored.size() + value.size();
    link.xattrs.emplace_back(std::move(stored), value);
  }
  if (link_bytes_ > limits::kTarLinks) {
    throw Error::of(ErrorKind::kLimit,
                    "hard links to files of other layers: what is said of them takes more than {}",
                    human_size(limits::kTarLinks));
  }
  result_.lower_links.push_back(std::move(link));
}

}  // namespace cairn::overlay::internal
