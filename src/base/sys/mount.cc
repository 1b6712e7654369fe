// SPDX-License-Identifier: Apache-2.0
//
// The mount API of Linux 5.2 (fsopen, fsmount, open_tree, move_mount), which works on descriptors:
// a mount can be made, checked and passed on before it is visible at any path. mount(2) remains for
// what the new calls cannot do in a user namespace or on old kernels.
#include "base/sys/mount.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/error.h"

namespace cairn::sys {
namespace {

// The kernel leaves its reason in the filesystem context, as lines of "e overlay: ..." (fsopen(2));
// the "e " is cut off.
std::string kernel_words(const Fd& context) {
  char buffer[1024];
  ssize_t length = ::read(context.get(), buffer, sizeof buffer);
  if (length <= 2) return "";
  std::string text(buffer + 2, static_cast<std::size_t>(length) - 2);
  while (text.ends_with('\n')) text.pop_back();
  return " (" + text + ")";
}

}  // namespace

void MountTree::attach(const Fd& dir, const char* path) const {
  // The descriptor itself is the source; with an empty path, `dir` itself is the target.
  unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | (path[0] == '\0' ? MOVE_MOUNT_T_EMPTY_PATH : 0);
  if (::move_mount(fd_.get(), "", dir.get(), path, flags) < 0) {
    throw Error::from_errno(errno, "attach a mount at {}", path);
  }
}

Mount& Mount::operator=(Mount&& other) noexcept {
  if (this != &other) {
    reset();
    target_ = std::exchange(other.target_, {});
  }
  return *this;
}

void Mount::reset() noexcept {
  // MNT_DETACH: a file that is still open must not keep the mount in place.
  if (!target_.empty()) ::umount2(target_.c_str(), MNT_DETACH);
  target_.clear();
}

MountTree clone_tree(const Fd& dir, const char* path, Recursive recursive) {
  // AT_RECURSIVE clones submounts too. In a user namespace, a clone without it is refused if it
  // would uncover what a submount hides.
  unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH |
                   (recursive == Recursive::kYes ? AT_RECURSIVE : 0);
  int fd = ::open_tree(dir.get(), path, flags);
  if (fd < 0) throw Error::from_errno(errno, "clone the mount at {}", path);
  return MountTree(Fd(fd));
}

void mount_at(const std::string& source, const std::string& target, const std::string& type,
              unsigned long flags, const std::string& data) {
  if (::mount(source.empty() ? "none" : source.c_str(), target.c_str(), type.c_str(), flags,
              data.empty() ? nullptr : data.c_str()) < 0) {
    throw Error::from_errno(errno, "mount {} on {}", type.empty() ? source : type, target);
  }
}

MountTree new_filesystem(const std::string& type, const MountOptions& options,
                         unsigned attributes) {
  Fd context(::fsopen(type.c_str(), FSOPEN_CLOEXEC));
  if (!context) throw Error::from_errno(errno, "fsopen {}", type);
  for (const auto& [key, value] : options) {
    int result =
        value.empty()
            ? ::fsconfig(context.get(), FSCONFIG_SET_FLAG, key.c_str(), nullptr, 0)
            : ::fsconfig(context.get(), FSCONFIG_SET_STRING, key.c_str(), value.c_str(), 0);
    if (result < 0) {
      // Reading the kernel's words would overwrite errno.
      int code = errno;
      throw Error::from_errno(code, "mount {}: option {}{}", type, key, kernel_words(context));
    }
  }
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) < 0) {
    int code = errno;
    throw Error::from_errno(code, "mount {}{}", type, kernel_words(context));
  }
  int fd = ::fsmount(context.get(), FSMOUNT_CLOEXEC, attributes);
  if (fd < 0) throw Error::from_errno(errno, "fsmount {}", type);
  return MountTree(Fd(fd));
}

void add_mount_attributes(const Fd& dir, const char* path, unsigned long attributes,
                          Recursive recursive) {
  mount_attr attr{};
  attr.attr_set = attributes;
  unsigned flags = AT_EMPTY_PATH | (recursive == Recursive::kYes ? AT_RECURSIVE : 0);
  if (::mount_setattr(dir.get(), path, flags, &attr, sizeof attr) < 0) {
    throw Error::from_errno(errno, "change attributes of the mount at {}", path);
  }
}

void set_propagation(const std::string& path, unsigned long type) {
  if (::mount(nullptr, path.c_str(), nullptr, MS_REC | type, nullptr) < 0) {
    throw Error::from_errno(errno, "change propagation of {}", path);
  }
}

void detach(const std::string& path) {
  if (::umount2(path.c_str(), MNT_DETACH) < 0) throw Error::from_errno(errno, "unmount {}", path);
}

}  // namespace cairn::sys
