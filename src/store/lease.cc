// SPDX-License-Identifier: Apache-2.0
//
// The locks are flock(2), not fcntl(2): they belong to the open file description, so a second Store
// in this process counts as another process, and closing an unrelated descriptor of the file
// releases nothing. A pin is one write(2) to a file opened with O_APPEND, finished before the gate
// is left.
#include "store/internal/lease.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include <string_view>

#include "base/attempt.h"
#include "base/error.h"
#include "base/sys/file.h"
#include "base/text.h"
#include "store/internal/leftovers.h"

namespace cairn::store {
namespace {

sys::Fd open_lock(const std::string& root) {
  std::string path = root + "/lock";
  sys::Fd fd = sys::open_path(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  if ((sys::stat_of(fd).st_mode & 0777) != 0600) ::fchmod(fd.get(), 0600);
  return fd;
}

void lock(const sys::Fd& fd, int kind) {
  if (sys::retry_eintr([&] { return ::flock(fd.get(), kind); }) < 0) {
    throw Error::from_errno(errno, "lock the store");
  }
}

std::string line_of(PinKind kind, const std::string& name) {
  return std::string(1, static_cast<char>(kind)) + name;
}

void add_pins(const std::string& lines, Pins& pins) {
  for (const std::string& line : split(lines, '\n')) {
    if (line.empty()) continue;
    std::string name = line.substr(1);
    switch (static_cast<PinKind>(line[0])) {
      case PinKind::kSnapshot: pins.snapshots.insert(std::move(name)); break;
      case PinKind::kBlob: pins.blobs.insert(std::move(name)); break;
      case PinKind::kImage: pins.images.insert(std::move(name)); break;
    }
  }
}

}  // namespace

thread_local const Lease* Lease::looking_ = nullptr;

Lease::Lease(std::string root) : root_(std::move(root)), gate_(open_lock(root_)) {}

Lease::~Lease() {
  if (id_.empty()) return;
  // Leftovers are disposable: the next sweep finds the lease unlocked.
  best_effort([&] {
    if (!work_dir_.empty()) sys::remove_tree(work_dir_);
    ::unlink((root_ + "/tmp/" + kLease + id_).c_str());  // locked until then
  });
}

const std::string& Lease::work_dir() {
  std::lock_guard guard(mutex_);
  if (!work_dir_.empty()) return work_dir_;
  begin();
  std::string path = root_ + "/tmp/" + kWork + id_;
  // mkdir(2) is enough, as tmp/ exists. chmod(2) because of the umask.
  if (::mkdir(path.c_str(), 0700) < 0 || ::chmod(path.c_str(), 0700) < 0)
    throw Error::from_errno(errno, "make directory {}", path);
  return work_dir_ = std::move(path);
}

// The file is renamed to its name only when it is locked, so an unlocked file of that name belongs
// to a dead process.
void Lease::begin() {
  if (!id_.empty()) return;
  CAIRN_ASSERT(!root_.empty(), "nothing is made in a store that can only be read");
  std::string path = root_ + "/tmp/" + kNewLease + "XXXXXX";
  sys::Fd file(::mkostemp(path.data(), O_APPEND | O_CLOEXEC));
  if (!file) throw Error::from_errno(errno, "make a file in {}/tmp", root_);
  sys::chmod_fd(file, 0600);
  lock(file, LOCK_EX);
  std::string id = path.substr(path.size() - kRandom);
  sys::rename_path(path, root_ + "/tmp/" + kLease + id);
  file_ = std::move(file);
  id_ = std::move(id);
}

bool Lease::is_pinned(PinKind kind, const std::string& name) const {
  std::lock_guard lock(mutex_);
  return pinned_.contains(line_of(kind, name));
}

void Lease::pin(PinKind kind, const std::string& name) {
  std::lock_guard lock(mutex_);
  begin();
  std::string line = line_of(kind, name);
  if (pinned_.contains(line)) return;
  sys::write_all(file_, line + "\n");
  pinned_.insert(std::move(line));
}

// The lock belongs to the process: the first thread takes it, the last one releases it.
void Lease::enter() {
  std::lock_guard guard(gate_mutex_);
  if (inside_ == 0) lock(gate_, LOCK_SH);
  ++inside_;
}

void Lease::leave() {
  std::lock_guard guard(gate_mutex_);
  if (--inside_ == 0) ::flock(gate_.get(), LOCK_UN);
}

// A descriptor of its own, so that it also waits for other threads of this process.
Lease::Shut::Shut(Lease& lease) : look_(lease), lock_(open_lock(lease.root_)) {
  lock(lock_, LOCK_EX);
}

Pins Lease::pins_of_others() const {
  Pins pins;
  if (root_.empty()) return pins;
  sys::Fd tmp = sys::open_path(root_ + "/tmp", O_RDONLY | O_DIRECTORY);
  for (const sys::DirEntry& entry : sys::list_dir(tmp)) {
    if (!entry.name.starts_with(kLease) || entry.name == kLease + id_) continue;
    std::optional<sys::Fd> file = sys::find_at(tmp, entry.name.c_str(), O_RDONLY | O_NOFOLLOW);
    if (!file) continue;
    if (::flock(file->get(), LOCK_SH | LOCK_NB) == 0) continue;  // its process is dead
    add_pins(sys::read_all(*file), pins);
  }
  return pins;
}

}  // namespace cairn::store
