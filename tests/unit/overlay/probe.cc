// SPDX-License-Identifier: Apache-2.0
#include "unit/overlay/probe.h"

#include <fcntl.h>

#include "base/sys/file.h"
#include "overlay/internal/overlay_xattrs.h"
#include "overlay/mount.h"

namespace cairn::overlay {
namespace {

void make_file(const sys::Fd& dir, const char* path, std::string_view text) {
  sys::write_all(sys::open_at(dir, path, O_WRONLY | O_CREAT | O_EXCL, 0644), text);
}

// Everything a step does to files that needs more of overlayfs than plain writes.
void use(const sys::Fd& root) {
  sys::write_all(sys::open_at(root, "changed", O_WRONLY | O_APPEND), "more");
  sys::unlink_at(root, "removed");
  sys::unlink_at(root, "dir/file");
  sys::remove_dir_at(root, "dir");
  sys::make_dir_at(root, "dir", 0755);
}

void require(bool fact, const char* what) {
  if (!fact) throw Error::of(ErrorKind::kHost, "overlayfs does not work here: {}", what);
}

void check_upper(const sys::Fd& upper) {
  std::optional<struct stat> removed = sys::find_stat_at(upper, "removed");
  require(removed && internal::is_whiteout_device(*removed), "a removed file left no whiteout");
  sys::Fd dir = sys::open_at(upper, "dir", O_RDONLY | O_DIRECTORY);
  require(internal::opacity(dir) == internal::Opacity::kOpaque,
          "a replaced directory is not opaque");
  require(sys::stat_at(upper, "changed").st_size == 8, "a changed file was not copied up");
}

}  // namespace

std::optional<Error> probe_overlay(const std::string& dir) {
  try {
    // A new directory each time: marks of an earlier probe would answer for this one.
    sys::TempDir temp(dir, "probe-");
    sys::Fd here = sys::open_path(temp.path(), O_RDONLY | O_DIRECTORY);
    for (const char* name : {"lower", "lower/dir", "lower2", "upper", "work"}) {
      sys::make_dir_at(here, name, 0755);
    }
    for (const char* name : {"lower/changed", "lower/removed", "lower/dir/file"}) {
      make_file(here, name, "text");
    }
    {
      sys::MountTree tree =
          mount_overlay({.lowers = {temp.path() + "/lower", temp.path() + "/lower2"}},
                        Upper{.upperdir = temp.path() + "/upper", .workdir = temp.path() + "/work"},
                        Durability::kVolatile);
      use(sys::open_at(tree.fd(), ".", O_RDONLY | O_DIRECTORY));
    }
    check_upper(sys::open_at(here, "upper", O_RDONLY | O_DIRECTORY));
    return std::nullopt;
  } catch (const Error& error) {
    return error;
  }
}

}  // namespace cairn::overlay
