// SPDX-License-Identifier: Apache-2.0
#include "base/path_filter.h"

#include <fcntl.h>

namespace cairn {

bool includes_below(const PathFilter& filter, const sys::Fd& dir, const std::string& path) {
  for (const sys::DirEntry& found : sys::list_dir(dir)) {
    std::string below = path + "/" + found.name;
    bool is_directory = S_ISDIR(sys::stat_at(dir, found.name.c_str()).st_mode);
    PathFilter::Verdict verdict = filter.judge(below, is_directory);
    if (verdict == PathFilter::Verdict::kIncluded) return true;
    if (verdict != PathFilter::Verdict::kPartly || !is_directory) continue;
    sys::Fd inner = sys::open_at(dir, found.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (includes_below(filter, inner, below)) return true;
  }
  return false;
}

}  // namespace cairn
