// SPDX-License-Identifier: Apache-2.0
//
// The questions about steps. Each is asked in a forked child that may change itself at will; its
// exit status is the errno. A child that hangs counts as an answer, too (ETIME).
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/attempt.h"
#include "base/error.h"
#include "base/sys/fd.h"
#include "base/sys/file.h"
#include "base/sys/mount.h"
#include "base/sys/process.h"
#include "sandbox/probe.h"

namespace cairn::sandbox {
namespace {

using sys::Fd;
using sys::MountTree;

// In seconds. A disk under load has taken more than two for the few files of a probe.
constexpr unsigned kProbeSeconds = 20;

template <typename ProbeItem>
[[noreturn]] void answer(ProbeItem question) {
  ::alarm(kProbeSeconds);
  std::optional<Error> failure = last_failure_of(question);
  if (!failure) ::_exit(0);
  ::_exit(failure->code() != 0 ? failure->code() : EPROTO);
}

// A question that was asked, or the reason why it could not be.
class Asked {
 public:
  explicit Asked(pid_t child) : code_(child < 0 ? errno : 0) {
    if (child > 0) child_.emplace(child, Fd());
  }
  int outcome() {
    if (!child_) return code_;
    sys::ExitStatus status = child_->wait();
    return status.signal != 0 ? ETIME : status.code;
  }

 private:
  int code_;
  std::optional<sys::Process> child_;
};

template <typename ProbeItem>
Asked ask(ProbeItem question) {
  pid_t child = ::fork();
  if (child == 0) answer(question);
  return Asked(child);
}

// Asks in the namespaces of a step. Without id maps: no question needs an id.
template <typename ProbeItem>
Asked ask_in_step(ProbeItem question) {
  clone_args args{};
  args.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
  args.exit_signal = SIGCHLD;
  auto child = static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
  if (child == 0) answer(question);
  return Asked(child);
}

MountTree clone_whole(const char* path) {
  return sys::clone_tree(sys::open_path(path, O_PATH), "", sys::Recursive::kYes);
}

// Needs a mount as the new root, so the whole tree is cloned; nothing is left of it.
void try_pivot_root() {
  MountTree root = clone_whole("/");
  root.attach(sys::open_path("/proc", O_PATH), "");
  if (::fchdir(root.fd().get()) < 0 || ::syscall(SYS_pivot_root, ".", ".") < 0) {
    throw Error::from_errno(errno, "pivot_root");
  }
}

void require(bool condition, int code, const char* what) {
  if (!condition) throw Error::from_errno(code, "{}", what);
}

// Goes through a full cycle, with the options of our real mounts. An overlay may mount and copy up,
// and still fail when a lower directory is replaced, as it does in a user namespace without
// userxattr.
void try_overlay(const std::string& dir) {
  require(::chdir(dir.c_str()) == 0, errno, "enter the probe's directory");
  Fd here = sys::open_path(".", O_RDONLY | O_DIRECTORY);
  for (const char* name : {"l", "l/dir", "u", "w"}) sys::make_dir_at(here, name, 0755);
  for (const char* name : {"l/file", "l/gone"}) {
    sys::write_all(sys::open_at(here, name, O_CREAT | O_WRONLY, 0644), std::string_view("x"));
  }
  MountTree overlay = sys::new_filesystem(
      "overlay", {{"lowerdir", "l"}, {"upperdir", "u"}, {"workdir", "w"}, {"userxattr", ""}});
  sys::write_all(sys::open_at(overlay.fd(), "file", O_WRONLY | O_APPEND), std::string_view("y"));
  sys::unlink_at(overlay.fd(), "gone");
  sys::remove_dir_at(overlay.fd(), "dir");
  sys::make_dir_at(overlay.fd(), "dir", 0755);

  struct stat whiteout = sys::stat_at(here, "u/gone");
  require(S_ISCHR(whiteout.st_mode) && whiteout.st_rdev == 0, ENOTSUP, "a whiteout");
  char value = 0;
  require(::lgetxattr("u/dir", "user.overlay.opaque", &value, 1) == 1 && value == 'y', ENOTSUP,
          "an opaque mark");
}

// A full disk says nothing about overlays, so it is an error and not an answer.
class AskedOverlay {
 public:
  explicit AskedOverlay(const std::string& store)
      : store_(store), dir_(store, "probe-"), asked_(ask([&] { try_overlay(dir_.path()); })) {}

  int outcome() {
    int code = asked_.outcome();
    if (code == ENOSPC || code == EDQUOT) throw Error::from_errno(code, "make files in {}", store_);
    return code;
  }

 private:
  const std::string& store_;
  sys::TempDir dir_;
  Asked asked_;
};

}  // namespace

// Questions that most hosts answer with yes run in parallel; the others only if one of these fails.
void probe_steps(Probe& probe, const std::string& store) {
  std::optional<AskedOverlay> overlay;
  if (!store.empty()) overlay.emplace(store);
  Asked proc = ask_in_step([] { sys::new_filesystem("proc", {}); });
  Asked pivot_root = ask_in_step(try_pivot_root);

  int fresh_proc = proc.outcome();
  probe.add(ProbeItem::kStepNamespaces, fresh_proc == 0 ? 0 : ask_in_step([] {}).outcome());
  probe.add(ProbeItem::kFreshProc, fresh_proc);
  if (fresh_proc != 0) {
    probe.add(ProbeItem::kBoundProc, ask_in_step([] { clone_whole("/proc"); }).outcome());
  }
  probe.add(ProbeItem::kPivotRoot, pivot_root.outcome());
  if (!probe.yes(ProbeItem::kStepNamespaces)) {
    probe.add(ProbeItem::kChroot,
              ask([] { require(::chroot("/") == 0, errno, "chroot"); }).outcome());
  }
  if (overlay) probe.add(ProbeItem::kOverlay, overlay->outcome());
}

}  // namespace cairn::sandbox
