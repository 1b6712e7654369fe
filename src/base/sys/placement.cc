// SPDX-License-Identifier: Apache-2.0
//
// Sets the flag of "chattr +T" (ext4: EXT4_TOPDIR_FL) through FS_IOC_SETFLAGS. Failures are
// ignored: it is only a hint, and most filesystems do not know it.
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
