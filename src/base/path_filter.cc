// SPDX-License-Identifier: Apache-2.0
//
// An excluded directory is looked into when a later "!" pattern may include something below it. The
// walk stops at the first hit, and judges before it opens, so that a tree like node_modules is read
// only where a pattern can match.
#include "base/path_filter.h"

#include <fcntl.h>

#include "base/attempt.h"

namespace cairn {

std::optional<sys::Fd> find_partly_excluded(const sys::Fd& parent, const char* name) {
  // The user excluded the directory, so its permissions are no reason to fail.
  return unless_errno(EACCES, [&] { return sys::open_at(parent, name, sys::kOpenDir); });
}

bool includes_below(const PathFilter& filter, const sys::Fd& parent, const char* name,
                    const std::string& path) {
  std::optional<sys::Fd> dir = find_partly_excluded(parent, name);
  if (!dir) return false;
  for (const sys::DirEntry& found : sys::list_dir(*dir)) {
    std::string below = path + "/" + found.name;
    bool is_directory = S_ISDIR(sys::stat_at(*dir, found.name.c_str()).st_mode);
    PathFilter::Verdict verdict = filter.judge(below, is_directory);
    if (verdict == PathFilter::Verdict::kIncluded) return true;
    if (verdict != PathFilter::Verdict::kPartly || !is_directory) continue;
    if (includes_below(filter, *dir, found.name.c_str(), below)) return true;
  }
  return false;
}

}  // namespace cairn
