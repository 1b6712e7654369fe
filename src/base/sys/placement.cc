// SPDX-License-Identifier: Apache-2.0
#include "base/sys/placement.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

namespace cairn::sys {

void spread_subdirectories(const Fd& dir) {
  int flags = 0;
  if (::ioctl(dir.get(), FS_IOC_GETFLAGS, &flags) < 0) return;
  flags |= FS_TOPDIR_FL;
  ::ioctl(dir.get(), FS_IOC_SETFLAGS, &flags);
}

}  // namespace cairn::sys
