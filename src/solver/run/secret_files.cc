// SPDX-License-Identifier: Apache-2.0
//
// The tmpfs is mounted by the first secret, since most builds have none. Its mode is 0700, so that
// no other user reaches a secret by path. Owner and mode of a file are set after its content is
// written; the step's mount shows the file itself, whatever its directory allows.
#include "solver/run/secret_files.h"

#include <fcntl.h>
#include <sys/mount.h>

#include "base/error.h"
#include "base/sys/ids.h"

namespace cairn::solver {

const SecretFiles::Place& SecretFiles::place() {
  if (!place_) {
    sys::TempDir dir(tmp_dir_, "secrets-");
    sys::MountTree tmpfs =
        sys::new_filesystem("tmpfs", {{"mode", "0700"}}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    tmpfs.attach(sys::open_path(dir.path(), O_PATH), "");
    sys::Mount attached(dir.path());
    place_.emplace(Place{.dir = std::move(dir), .tmpfs = std::move(attached)});
  }
  return *place_;
}

sys::Fd SecretFiles::add(std::string_view value, const plan::OwnerAndMode& attributes) {
  std::lock_guard lock(mutex_);
  sys::Fd dir = sys::open_path(place().dir.path(), O_RDONLY | O_DIRECTORY);
  std::string name = std::to_string(++count_);
  sys::Fd file = sys::open_at(dir, name.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
  sys::write_all(file, value);
  sys::chown_at(dir, name.c_str(), attributes.owner);
  sys::chmod_fd(file, attributes.mode);
  return sys::open_at(dir, name.c_str(), O_PATH);
}

}  // namespace cairn::solver
