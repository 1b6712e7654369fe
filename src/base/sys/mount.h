// SPDX-License-Identifier: Apache-2.0
//
// Mounts as handles. A MountTree is a mount that hangs nowhere yet (fsmount(2), open_tree(2) with
// OPEN_TREE_CLONE; Linux 5.2): it can be walked through its descriptor, sent to another process,
// and attached there. A Mount is attached at a path and is detached by the destructor.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/sys/fd.h"

namespace cairn::sys {

// A detached mount; closing it unmounts, unless it was attached.
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

// A clone of the mount at `path` (with all below it when recursive), detached.
MountTree clone_tree(const Fd& dir, const char* path, Recursive recursive);

// mount(2) with its flags and data as they are; `source` and `data` may be empty.
void mount_at(const std::string& source, const std::string& target, const std::string& type,
              unsigned long flags, const std::string& data = {});

// One key of a filesystem's configuration; a key with an empty value is a flag.
using MountOptions = std::vector<std::pair<std::string, std::string>>;
// fsopen, fsconfig for each option, fsmount; `attributes` are MOUNT_ATTR_* bits. The error names
// the option the kernel refused and its own words, where it left any.
MountTree new_filesystem(const std::string& type, const MountOptions& options,
                         unsigned attributes = 0);

// Adds MOUNT_ATTR_* bits to a mount, and to all below it when recursive (mount_setattr,
// Linux 5.12).
void add_mount_attributes(const Fd& dir, const char* path, unsigned long attributes,
                          Recursive recursive);
// Sets the propagation type (MS_PRIVATE, MS_SLAVE) of a whole tree.
void set_propagation(const std::string& path, unsigned long type);
void detach(const std::string& path);  // umount2 with MNT_DETACH

}  // namespace cairn::sys
