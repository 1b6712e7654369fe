// SPDX-License-Identifier: Apache-2.0
//
// Mounts as handles. A MountTree is not attached to any path yet (fsmount(2), open_tree(2) with
// OPEN_TREE_CLONE; Linux 5.2). It can be read through its descriptor, sent to another process, and
// attached there. A Mount is attached at a path; its destructor detaches it. All functions throw
// kHost.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/sys/fd.h"

namespace cairn::sys {

// A detached mount. Closing it unmounts it unless it was attached.
class MountTree {
 public:
  MountTree() = default;
  explicit MountTree(Fd fd) : fd_(std::move(fd)) {}
  const Fd& fd() const { return fd_; }
  explicit operator bool() const { return static_cast<bool>(fd_); }
  Fd release() { return std::move(fd_); }
  void attach(const Fd& dir, const char* path) const;  // move_mount(2); path "" is `dir` itself

 private:
  Fd fd_;
};

class Mount {
 public:
  Mount() = default;
  explicit Mount(std::string target) : target_(std::move(target)) {}
  Mount(Mount&& other) noexcept : target_(std::exchange(other.target_, {})) {}
  Mount& operator=(Mount&& other) noexcept;
  ~Mount() { reset(); }
  const std::string& target() const { return target_; }
  void release() { target_.clear(); }

 private:
  void reset() noexcept;  // MNT_DETACH
  std::string target_;
};

enum class Recursive { kNo, kYes };

// A detached clone of the mount at `path`, with the mounts below it when recursive.
MountTree clone_tree(const Fd& dir, const char* path, Recursive recursive);

// mount(2) with the given flags and data. `source` and `data` may be empty.
void mount_at(const std::string& source, const std::string& target, const std::string& type,
              unsigned long flags, const std::string& data = {});

// Keys and values of a filesystem's configuration. A key with an empty value is a flag.
using MountOptions = std::vector<std::pair<std::string, std::string>>;
// fsopen, fsconfig for each option, fsmount. `attributes` are MOUNT_ATTR_* bits. The error names
// the option that the kernel refused, and quotes the kernel's message if there is one.
MountTree new_filesystem(const std::string& type, const MountOptions& options,
                         unsigned attributes = 0);

// Adds MOUNT_ATTR_* bits to a mount, and to all mounts below it when recursive (mount_setattr(2),
// Linux 5.12).
void add_mount_attributes(const Fd& dir, const char* path, unsigned long attributes,
                          Recursive recursive);
// Sets the propagation type (MS_PRIVATE, MS_SLAVE) of a whole tree.
void set_propagation(const std::string& path, unsigned long type);
void detach(const std::string& path);  // umount2 with MNT_DETACH

}  // namespace cairn::sys
