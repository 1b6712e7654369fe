// SPDX-License-Identifier: Apache-2.0
//
// Mount points that leave no trace. /etc/hosts and the targets of mounts must exist to be
// mounted on, and where the image has none they are made; but a layer must not tell (BuildKit's
// "mount stubs"). Making /etc/hosts also copies /etc up.
//
// Every step has a fresh upperdir. So right after the mount points were made through the merged
// root, all that is in the upperdir is there for their sake alone, and a picture of it is taken.
// After the step, what was made goes if it is still empty, whatever the step did to it else; and a
// directory of the image that was only copied up goes if it still looks like its picture, so that
// one that the step wrote to, chmod-ed or touched stays. The removal works on the upperdir by
// descriptors, never through a symlink, and only on the very inodes of the picture.
//
//   StubPicture stubs = make_mount_points(root, upper, spec, fds);
//   launcher.run(spec, std::move(fds)).wait();   // the overlay is gone now
//   remove_stubs(upper, stubs);
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "base/sys/fd.h"
#include "base/sys/root_dir.h"
#include "sandbox/spec.h"

namespace cairn::sandbox {

struct Stub {
  std::string path;  // below the upperdir, parents first
  struct stat as_made;
  bool copied_up;      // the image has it
  std::string xattrs;  // all names and values but overlay's own
};
using StubPicture = std::vector<Stub>;

// Makes what is missing in `root` (the merged overlay, attached or not) for the mounts of `spec`
// and for the standard ones, and pictures `upper`, which was empty before.
StubPicture make_mount_points(const sys::RootDir& root, const sys::Fd& upper,
                              const SandboxSpec& spec, const StepFds& fds);
// To be called when the overlay is mounted no more.
void remove_stubs(const sys::Fd& upper, const StubPicture& stubs);

// Makes the mount point at `path` when it is missing, with parents (0755), and gives it. The mtime
// of the directory that got a new entry is put back.
enum class MountPointType { kDirectory, kFile };
sys::Fd open_mount_point(const sys::RootDir& root, const std::string& path, MountPointType type,
                         sys::Follow follow = sys::Follow::kYes);

}  // namespace cairn::sandbox
