// SPDX-License-Identifier: Apache-2.0
//
// Mount points that leave no trace. /etc/hosts and the targets of mounts must exist to be mounted
// on. They are made where the image lacks them, but they must not appear in the layer (BuildKit
// calls them "mount stubs"). Making /etc/hosts also copies /etc up.
//
// Every step has a new upperdir. So right after the mount points were made through the merged root,
// everything in the upperdir is there only for them, and a picture of it is taken. After the step,
// a stub that we made is removed if it is still empty, whatever else the step did to it. A
// directory of the image that was merely copied up is removed if it still looks like its picture,
// so one that the step wrote to, chmod-ed or touched stays. The removal works on the upperdir by
// descriptors, never through a symlink, and only on the inodes of the picture.
//
//   make_mount_points(root, spec, fds);
//   StubPicture stubs = picture_stubs(upper, marks);
//   launcher.run(spec, std::move(fds)).wait();   // the overlay is gone now
//   remove_stubs(upper, stubs, marks);
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/sys/fd.h"
#include "base/sys/root_dir.h"
#include "sandbox/spec.h"

namespace cairn::sandbox {

// How to read what the filesystem notes on files of an upperdir. The caller mounted it and knows;
// this room does not.
struct UpperMarks {
  bool (*is_copied_up)(const sys::Fd& file);    // whether the file comes from the image
  bool (*is_mark)(std::string_view attribute);  // whether an extended attribute is such a note
};

struct Stub {
  std::string path;  // below the upperdir, parents first
  struct stat as_made;
  bool copied_up;      // it comes from the image
  std::string xattrs;  // all names and values, without the filesystem's own
};
using StubPicture = std::vector<Stub>;

// Makes the missing mount points in `root` (the merged overlay, attached or not) for the mounts of
// `spec` and for the standard ones.
void make_mount_points(const sys::RootDir& root, const SandboxSpec& spec, const StepFds& fds);
// Everything in `upper` except the standard mount points. `upper` was empty before they were made.
StubPicture picture_stubs(const sys::Fd& upper, const UpperMarks& marks);
// Call it when the overlay is no longer mounted.
void remove_stubs(const sys::Fd& upper, const StubPicture& stubs, const UpperMarks& marks);

// Returns the mount point at `path`, which is made with its parents (0755) if it is missing. The
// mtime of the parent directory is restored. Throws kDockerfile if something else is there.
enum class MountPointType { kDirectory, kFile };
sys::Fd open_mount_point(const sys::RootDir& root, const std::string& path, MountPointType type,
                         sys::Follow follow = sys::Follow::kYes);

}  // namespace cairn::sandbox
