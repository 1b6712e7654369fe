// SPDX-License-Identifier: Apache-2.0
//
// What a layer cannot know before the layers below it are there.
#include <fcntl.h>

#include "base/error.h"
#include "base/sys/copy.h"
#include "base/text.h"
#include "overlay/internal/path_finder.h"
#include "overlay/internal/walk.h"
#include "overlay/unpack.h"

namespace cairn::overlay {
namespace {

using internal::Missing;
using internal::PathFinder;

constexpr int kOpenDir = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

void copy_xattrs(const sys::Fd& from, internal::View view, const sys::Fd& to) {
  for (const auto& [name, value] : internal::image_xattrs(from, view)) {
    sys::try_set_xattr(to, internal::stored_xattr_name(name).c_str(), value);
  }
}

// The tree below, and the layer being settled, with a finder in each.
class Settling {
 public:
  Settling(const std::string& dir, internal::Tree below)
      : mount_(std::move(below.mount)),
        view_(below.view),
        below_(std::move(below.root)),
        own_(sys::open_path(dir, kOpenDir)) {}

  void spread_opaque_root();
  void make_link(const LowerLink& link);
  void fix_dir(const std::string& path);
  std::vector<std::string> newly_implied() {
    return {own_.implied().begin(), own_.implied().end()};
  }

 private:
  void copy_up(const std::vector<std::string>& target);

  sys::MountTree mount_;
  internal::View view_;
  PathFinder below_;
  PathFinder own_;
};

void Settling::spread_opaque_root() {
  below_.enter({}, Missing::kFail);
  own_.enter({}, Missing::kFail);
  if (internal::opacity(own_.dir()) != internal::Opacity::kOpaque) return;
  for (const sys::DirEntry& entry : sys::list_dir(below_.dir())) {
    const char* name = entry.name.c_str();
    std::optional<struct stat> lower = sys::find_stat_at(below_.dir(), name);
    if (!lower || internal::is_whiteout_device(*lower)) continue;
    std::optional<struct stat> own = sys::find_stat_at(own_.dir(), name);
    if (!own) {
      internal::make_whiteout(own_.dir(), name);
    } else if (S_ISDIR(own->st_mode)) {
      internal::make_opaque(sys::open_at(own_.dir(), name, kOpenDir));
    }
  }
  sys::remove_xattr(own_.dir(), "user.overlay.opaque");
}

// As link(2) does on a mounted overlay: the lower file is copied up where it is, then linked.
void Settling::make_link(const LowerLink& link) {
  std::vector<std::string> target = internal::path_parts(link.target);
  std::vector<std::string> parts = internal::path_parts(link.path);
  CAIRN_ASSERT(!target.empty() && !parts.empty(), "a link without a name");
  own_.enter(std::span(target).first(target.size() - 1), Missing::kMake);
  std::optional<struct stat> st = sys::find_stat_at(own_.dir(), target.back().c_str());
  if (!st) copy_up(target);
  if (st && internal::is_whiteout_device(*st)) {
    throw Error::of(ErrorKind::kCorrupt, "{} is a hard link to {}, which its layer deletes",
                    link.path, link.target);
  }
  sys::Fd from = sys::duplicate(own_.dir());
  own_.enter(std::span(parts).first(parts.size() - 1), Missing::kMake);
  sys::remove_tree_at(own_.dir(), parts.back().c_str());
  sys::link_at(from, target.back().c_str(), own_.dir(), parts.back().c_str());
}

// Into the directory where own_ stands.
void Settling::copy_up(const std::vector<std::string>& target) {
  const char* name = target.back().c_str();
  std::optional<struct stat> st;
  if (below_.enter(std::span(target).first(target.size() - 1), Missing::kFail)) {
    st = sys::find_stat_at(below_.dir(), name);
  }
  if (!st || !S_ISREG(st->st_mode)) {
    throw Error::of(ErrorKind::kCorrupt, "a hard link to {}, which no layer has as a file",
                    join(target, "/"));
  }
  sys::Fd from = sys::open_at(below_.dir(), name, O_RDONLY | O_NOFOLLOW);
  sys::Fd to = sys::open_at(own_.dir(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  sys::copy_file_contents(from, to);
  sys::chown_at(to, "", st->st_uid, st->st_gid);
  copy_xattrs(from, view_, to);
  sys::chmod_fd(to, st->st_mode & 07777);
  sys::set_mtime(to, st->st_mtim);
}

void Settling::fix_dir(const std::string& path) {
  std::vector<std::string> parts = internal::path_parts(path);
  if (!below_.enter(parts, Missing::kFail) || !own_.enter(parts, Missing::kFail)) return;
  struct stat st = sys::stat_of(below_.dir());
  sys::chown_at(own_.dir(), "", st.st_uid, st.st_gid);
  copy_xattrs(below_.dir(), view_, own_.dir());
  sys::chmod_fd(own_.dir(), st.st_mode & 07777);
  sys::set_mtime(own_.dir(), st.st_mtim);
}

}  // namespace

void settle_layer(const std::string& dir, const UnpackResult& unpacked, const LayerStack& below) {
  std::optional<internal::Tree> tree = internal::open_stack(below);
  if (!tree && !unpacked.lower_links.empty()) {
    const LowerLink& link = unpacked.lower_links[0];
    throw Error::of(ErrorKind::kCorrupt, "{} is a hard link to {}, which no layer has", link.path,
                    link.target);
  }
  if (!tree) return;
  ErrorContext while_here([&] { return "settling the layer in " + dir; });
  Settling settling(dir, std::move(*tree));
  for (const LowerLink& link : unpacked.lower_links) settling.make_link(link);
  for (const std::string& path : settling.newly_implied()) settling.fix_dir(path);
  settling.spread_opaque_root();
  for (const std::string& path : unpacked.implied_dirs) settling.fix_dir(path);
}

void fix_implied_dirs(const std::string& dir, const std::vector<std::string>& implied,
                      const LayerStack& below) {
  // The root looks as the highest layer says: no need to mount them all, and every step asks this.
  bool root_only = implied == std::vector<std::string>{"."} && !below.lowers.empty();
  std::optional<internal::Tree> tree =
      root_only ? internal::open_layer(below.lowers.back()) : internal::open_stack(below);
  if (!tree) return;
  Settling settling(dir, std::move(*tree));
  for (const std::string& path : implied) settling.fix_dir(path);
}

}  // namespace cairn::overlay
