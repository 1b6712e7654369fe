// SPDX-License-Identifier: Apache-2.0
//
// A directory with a few files in it, written down in a line each, gone at the end of the test.
#pragma once

#include <fcntl.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "base/sys/file.h"
#include "base/sys/xattr.h"

namespace cairn::test {

inline std::string temp_parent() {
  const char* dir = std::getenv("TMPDIR");
  return dir != nullptr && *dir != '\0' ? dir : "/tmp";
}

// Parents are made as needed. Every path is relative to the root.
class TempTree {
 public:
  TempTree() : dir_(temp_parent(), "cairn-test-") {
    fd_ = sys::open_path(dir_.path(), O_RDONLY | O_DIRECTORY);
    sys::chmod_fd(fd_, 0755);
  }

  std::string root() const { return dir_.path(); }
  std::string at(const std::string& path) const { return dir_.path() + "/" + path; }
  const sys::Fd& fd() const { return fd_; }

  void dir(const std::string& path, mode_t mode = 0755) {
    sys::make_dirs(at(path), 0755);
    sys::chmod_at(fd_, path.c_str(), mode);
  }
  void file(const std::string& path, std::string_view text = "", mode_t mode = 0644) {
    parent(path);
    sys::Fd fd = sys::open_at(fd_, path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    sys::write_all(fd, text);
    sys::chmod_fd(fd, mode);
  }
  void symlink(const std::string& path, const std::string& target) {
    parent(path);
    sys::symlink_at(target, fd_, path.c_str());
  }
  void hard_link(const std::string& path, const std::string& target) {
    parent(path);
    sys::link_at(fd_, target.c_str(), fd_, path.c_str());
  }
  void node(const std::string& path, mode_t mode, dev_t device = 0) {
    parent(path);
    sys::make_node_at(fd_, path.c_str(), mode, device);
  }
  void whiteout(const std::string& path) { node(path, S_IFCHR); }  // any user may make this one
  void opaque(const std::string& path) { xattr(path, "user.overlay.opaque", "y"); }
  void xattr(const std::string& path, const char* name, std::string_view value) {
    sys::set_xattr(sys::open_at(fd_, path.c_str(), O_RDONLY), name, value);
  }
  void mtime(const std::string& path, time_t seconds, long nanos = 0) {
    timespec time{.tv_sec = seconds, .tv_nsec = nanos};
    sys::set_times_at(fd_, path.c_str(), time, time);
  }

  bool has(const std::string& path) const {
    return sys::find_stat_at(fd_, path.c_str()).has_value();
  }
  struct stat stat(const std::string& path) const {
    return sys::stat_at(fd_, path.c_str());
  }
  std::string text(const std::string& path) const { return sys::read_file(at(path)); }

 private:
  void parent(const std::string& path) {
    std::size_t slash = path.rfind('/');
    if (slash != std::string::npos) sys::make_dirs(at(path.substr(0, slash)), 0755);
  }

  sys::TempDir dir_;
  sys::Fd fd_;
};

}  // namespace cairn::test
