// SPDX-License-Identifier: Apache-2.0
//
// Does what must wait until the layers below a layer are unpacked. Links come first, because making
// them may add directories, which then need metadata like the implied ones. The root, which is
// implied most often, gets its metadata last.
#include <fcntl.h>

#include <set>

#include "base/error.h"
#include "base/sys/copy.h"
#include "base/sys/ids.h"
#include "base/sys/mount.h"
#include "base/text.h"
#include "overlay/internal/path_finder.h"
#include "overlay/internal/walk.h"
#include "overlay/mount.h"
#include "overlay/unpack.h"

namespace cairn::overlay {
namespace {

using internal::Missing;
using internal::PathFinder;

void copy_image_xattrs(const sys::Fd& from, internal::XattrForm view, const sys::Fd& to) {
  for (const auto& [name, value] : internal::image_xattrs(from, view)) {
    sys::try_set_xattr(to, internal::stored_xattr_name(name).c_str(), value);
  }
}

// The tree below and the layer that is completed, with a finder in each.
class MetadataMerge {
 public:
  MetadataMerge(const std::string& dir, internal::Tree below)
      : mount_(std::move(below.mount)),
        view_(below.view),
        below_(std::move(below.root)),
        own_(sys::open_path(dir, sys::kOpenDir)) {}

  void spread_opaque_root();
  // After the last link, end_links() restores the mtimes of the directories.
  void make_link(const LowerLink& link);
  void end_links() { own_.leave(); }
  void fix_dir(const std::string& path);
  DirNames newly_implied() { return std::move(own_.implied()); }

 private:
  struct stat copy_up(const std::vector<std::string>& target, const std::string& name);
  bool is_copied_up(const struct stat& st) const { return copied_up_.contains(st.st_ino); }
  void describe(const LowerLink& link, const std::string& name) const;

  sys::MountTree mount_;
  internal::XattrForm view_;
  PathFinder below_;
  PathFinder own_;
  std::set<ino_t> copied_up_;  // inodes of files that copy_up() made
};

void MetadataMerge::spread_opaque_root() {
  below_.enter({}, Missing::kFail);
  own_.enter({}, Missing::kFail);
  // overlayfs does not look for the mark in the root of a layer, so each lower name is hidden
  // alone.
  if (internal::opacity(own_.dir()) != internal::Opacity::kOpaque) return;
  for (const sys::DirEntry& entry : sys::list_dir(below_.dir())) {
    const char* name = entry.name.c_str();
    std::optional<struct stat> lower = sys::find_stat_at(below_.dir(), name);
    if (!lower || internal::is_whiteout_device(*lower)) continue;
    std::optional<struct stat> own = sys::find_stat_at(own_.dir(), name);
    if (!own) {
      internal::make_whiteout(own_.changing(), name);
    } else if (S_ISDIR(own->st_mode)) {
      internal::make_opaque(sys::open_at(own_.dir(), name, sys::kOpenDir));
    }
  }
  sys::remove_xattr(own_.dir(), "user.overlay.opaque");
  own_.leave();
}

// Works like link(2) on a mounted overlay: the lower file is copied up in place, then linked. If
// the layer already has an entry under either name, it came after the link in the archive (the
// extractor sees to that), so it stays. If it replaced the target, the link is to what was there
// before.
void MetadataMerge::make_link(const LowerLink& link) {
  std::vector<std::string> target = internal::path_parts(link.target);
  std::vector<std::string> parts = internal::path_parts(link.path);
  CAIRN_ASSERT(!target.empty() && !parts.empty(), "a link without a name");
  const std::string &first = target.back(), &name = parts.back();
  own_.enter(std::span(target).first(target.size() - 1), Missing::kMake);
  std::optional<struct stat> st = sys::find_stat_at(own_.dir(), first.c_str());
  bool is_replaced = st && !is_copied_up(*st);
  if (!st) st = copy_up(target, first);
  if (!is_replaced) describe(link, first);
  sys::Fd from = sys::duplicate(own_.dir());
  own_.enter(std::span(parts).first(parts.size() - 1), Missing::kMake);
  std::optional<struct stat> there = sys::find_stat_at(own_.dir(), name.c_str());
  if (there && !is_copied_up(*there) && !internal::is_whiteout_device(*there)) return;
  if (there && there->st_ino == st->st_ino) return;
  sys::remove_tree_at(own_.changing(), name.c_str());
  if (is_replaced) {
    copy_up(target, name);
    describe(link, name);
  } else {
    sys::link_at(from, first.c_str(), own_.dir(), name.c_str());
  }
}

// Copies the lower file as `name` into the current directory of own_.
struct stat MetadataMerge::copy_up(const std::vector<std::string>& target,
                                   const std::string& name) {
  const char* lower = target.back().c_str();
  std::optional<struct stat> st;
  if (below_.enter(std::span(target).first(target.size() - 1), Missing::kFail)) {
    st = sys::find_stat_at(below_.dir(), lower);
  }
  if (!st || !S_ISREG(st->st_mode)) {
    throw Error::of(ErrorKind::kCorrupt, "a hard link to {}, which no layer has as a file",
                    join(target, "/"));
  }
  sys::Fd from = sys::open_at(below_.dir(), lower, O_RDONLY | O_NOFOLLOW);
  sys::Fd to =
      sys::open_at(own_.changing(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  sys::copy_file_contents(from, to);
  sys::chown_at(to, "", owner_of(*st));
  copy_image_xattrs(from, view_, to);
  sys::chmod_fd(to, st->st_mode & 07777);
  sys::set_mtime(to, timestamp_of(st->st_mtim));
  struct stat made = sys::stat_of(to);
  copied_up_.insert(made.st_ino);
  return made;
}

// The last header wins, as in containerd: it describes the file under all of its names. chown(2)
// clears set-id bits and capabilities, so it comes first and only if the owner differs.
void MetadataMerge::describe(const LowerLink& link, const std::string& name) const {
  sys::Fd file = sys::open_file_at(own_.dir(), name.c_str());
  struct stat st = sys::stat_of(file);
  if (owner_of(st) != link.owner) sys::chown_at(file, "", link.owner);
  for (const auto& [attribute, value] : link.xattrs) {
    sys::try_set_xattr(file, attribute.c_str(), value);
  }
  sys::chmod_fd(file, link.mode);
  sys::set_mtime(file, link.mtime);
}

void MetadataMerge::fix_dir(const std::string& path) {
  std::vector<std::string> parts = internal::path_parts(path);
  if (!below_.enter(parts, Missing::kFail) || !own_.enter(parts, Missing::kFail)) return;
  struct stat st = sys::stat_of(below_.dir());
  sys::chown_at(own_.dir(), "", owner_of(st));
  copy_image_xattrs(below_.dir(), view_, own_.dir());
  sys::chmod_fd(own_.dir(), st.st_mode & 07777);
  sys::set_mtime(own_.dir(), timestamp_of(st.st_mtim));
}

}  // namespace

void merge_parent_metadata(const std::string& dir, const UnpackResult& unpacked,
                           const LayerStack& below) {
  std::optional<internal::Tree> tree = internal::open_stack(below);
  if (!tree && !unpacked.lower_links.empty()) {
    const LowerLink& link = unpacked.lower_links[0];
    throw Error::of(ErrorKind::kCorrupt, "{} is a hard link to {}, which no layer has", link.path,
                    link.target);
  }
  if (!tree) return;
  ErrorContext while_here([&] { return "settling the layer in " + dir; });
  MetadataMerge settling(dir, std::move(*tree));
  for (const LowerLink& link : unpacked.lower_links) settling.make_link(link);
  settling.end_links();
  settling.newly_implied().for_each([&](const std::string& path) { settling.fix_dir(path); });
  settling.spread_opaque_root();
  unpacked.implied_dirs.for_each([&](const std::string& path) { settling.fix_dir(path); });
}

void fix_implied_dirs(const std::string& dir, const std::vector<std::string>& implied,
                      const LayerStack& below) {
  // Every step asks for this. The root looks as in the highest layer, so there is no need to mount.
  bool root_only = implied == std::vector<std::string>{"."} && !below.lowers.empty();
  std::optional<internal::Tree> tree =
      root_only ? internal::open_layer(below.lowers.back()) : internal::open_stack(below);
  if (!tree) return;
  MetadataMerge settling(dir, std::move(*tree));
  for (const std::string& path : implied) settling.fix_dir(path);
}

}  // namespace cairn::overlay
