// SPDX-License-Identifier: Apache-2.0
//
// Values are read with a buffer that grows on ERANGE, rather than asking for the size first: that
// is one call in the usual case, and correct when the value changes in between.
#include "base/sys/xattr.h"

#include <sys/xattr.h>

#include <algorithm>

#include "base/error.h"

namespace cairn::sys {
namespace {

bool is_missing(int code) {
  return code == ENODATA || code == ENOTSUP || code == ENOSYS;
}

// The f*xattr calls fail with EBADF for O_PATH descriptors. The magic link in /proc leads to the
// same file, and resolving it ends at that file even when it is itself a symlink.
template <typename OnFd, typename OnPath>
ssize_t on_file(const Fd& fd, OnFd on_fd, OnPath on_path) {
  ssize_t result = on_fd(fd.get());
  if (result >= 0 || errno != EBADF) return result;
  return on_path(fmt::format("/proc/self/fd/{}", fd.get()).c_str());
}

int put(const Fd& fd, const char* name, std::string_view value) {
  return static_cast<int>(on_file(
      fd, [&](int raw) { return ::fsetxattr(raw, name, value.data(), value.size(), 0); },
      [&](const char* path) { return ::setxattr(path, name, value.data(), value.size(), 0); }));
}

}  // namespace

std::vector<std::string> list_xattrs(const Fd& fd) {
  std::vector<std::string> names;
  std::string buffer(1024, '\0');
  ssize_t length = -1;
  while (true) {
    length = on_file(
        fd, [&](int raw) { return ::flistxattr(raw, buffer.data(), buffer.size()); },
        [&](const char* path) { return ::listxattr(path, buffer.data(), buffer.size()); });
    if (length >= 0 || errno != ERANGE || buffer.size() > 65536) break;
    buffer.resize(buffer.size() * 8);  // XATTR_LIST_MAX is 64 KiB
  }
  if (length < 0 && is_missing(errno)) return names;
  if (length < 0) throw Error::from_errno(errno, "list extended attributes");
  const char* end = buffer.data() + length;
  for (const char* at = buffer.data(); at < end; at += names.back().size() + 1) {
    names.emplace_back(at);
  }
  // The order of the filesystem would otherwise reach digests and layers.
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<std::string> find_xattr(const Fd& fd, const char* name) {
  std::string buffer(256, '\0');
  while (true) {
    ssize_t length = on_file(
        fd, [&](int raw) { return ::fgetxattr(raw, name, buffer.data(), buffer.size()); },
        [&](const char* path) { return ::getxattr(path, name, buffer.data(), buffer.size()); });
    if (length >= 0) {
      buffer.resize(static_cast<std::size_t>(length));
      return buffer;
    }
    if (is_missing(errno)) return std::nullopt;
    if (errno != ERANGE || buffer.size() > 65536) {
      throw Error::from_errno(errno, "read extended attribute {}", name);
    }
    buffer.resize(buffer.size() * 16);  // XATTR_SIZE_MAX is 64 KiB
  }
}

bool has_xattr(const char* path, const char* name) {
  return ::getxattr(path, name, nullptr, 0) >= 0;
}

void set_xattr(const Fd& fd, const char* name, std::string_view value) {
  if (put(fd, name, value) < 0) throw Error::from_errno(errno, "set extended attribute {}", name);
}

bool try_set_xattr(const Fd& fd, const char* name, std::string_view value) {
  if (put(fd, name, value) == 0) return true;
  // EINVAL: the filesystem refuses this value, as for file capabilities of an unmapped root id.
  // E2BIG: it is too large.
  if (errno == ENOTSUP || errno == EPERM || errno == EINVAL || errno == E2BIG) return false;
  throw Error::from_errno(errno, "set extended attribute {}", name);
}

void remove_xattr(const Fd& fd, const char* name) {
  ssize_t result = on_file(
      fd, [&](int raw) { return ::fremovexattr(raw, name); },
      [&](const char* path) { return ::removexattr(path, name); });
  if (result < 0 && !is_missing(errno)) {
    throw Error::from_errno(errno, "remove extended attribute {}", name);
  }
}

}  // namespace cairn::sys
