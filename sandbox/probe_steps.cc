// SPDX-License-Identifier: Apache-2.0
//
// The questions about steps. Each is put in a forked child that may do as it likes with itself, and
// whose exit status is the errno; a child that hangs is an answer too.
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

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

// In seconds. A disk under load has been seen to take more than two for the few files of a probe.
constexpr unsigned kPatience = 20;

template <typename Question>
[[noreturn]] void answer(Question question) {
  ::alarm(kPatience);
  try {
    question();
  } catch (const Error& error) {
    ::_exit(error.code() != 0 ? error.code() : EPROTO);
  } catch (const std::exception&) {
    ::_exit(EPROTO);
  }
  ::_exit(0);
}

// A question that was put, or why it could not be.
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

template <typename Question>
Asked ask(Question question) {
  pid_t child = ::fork();
  if (child == 0) answer(question);
  return Asked(child);
}

// In the namespaces of a step. Without id maps: none of the questions needs an id.
template <typename Question>
Asked ask_in_step(Question question) {
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

// To the end: without userxattr an overlay in a user namespace mounts and copies up, and fails only
// when a directory of the lower side is replaced.
void try_overlay(const std::string& dir, bool userxattr) {
  require(::chdir(dir.c_str()) == 0, errno, "enter the probe's directory");
  Fd here = sys::open_path(".", O_RDONLY | O_DIRECTORY);
  for (const char* name : {"l", "l/dir", "u", "w"}) sys::make_dir_at(here, name, 0755);
  for (const char* name : {"l/file", "l/gone"}) {
    sys::write_all(sys::open_at(here, name, O_CREAT | O_WRONLY, 0644), std::string_view("x"));
  }
  sys::MountOptions options{{"lowerdir", "l"}, {"upperdir", "u"}, {"workdir", "w"}};
  if (userxattr) options.emplace_back("userxattr", "");
  MountTree overlay = sys::new_filesystem("overlay", options);
  sys::write_all(sys::open_at(overlay.fd(), "file", O_WRONLY | O_APPEND), std::string_view("y"));
  sys::unlink_at(overlay.fd(), "gone");
  sys::remove_dir_at(overlay.fd(), "dir");
  sys::make_dir_at(overlay.fd(), "dir", 0755);

  struct stat whiteout = sys::stat_at(here, "u/gone");
  require(S_ISCHR(whiteout.st_mode) && whiteout.st_rdev == 0, ENOTSUP, "a whiteout");
  const char* opaque = userxattr ? "user.overlay.opaque" : "trusted.overlay.opaque";
  char value = 0;
  require(::lgetxattr("u/dir", opaque, &value, 1) == 1 && value == 'y', ENOTSUP, "an opaque mark");
}

// A disk that takes no files says nothing about overlays.
class AskedOverlay {
 public:
  AskedOverlay(const std::string& store, bool userxattr)
      : store_(store),
        dir_(store, "probe-"),
        asked_(ask([&] { try_overlay(dir_.path(), userxattr); })) {}

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

// What most hosts answer with yes is asked side by side.
void probe_steps(Probe& probe, const std::string& store) {
  // Real root has trusted.* for overlay's marks; all others are given user.* by this option.
  bool userxattr = !probe.facts.initial_user_namespace || probe.find(Question::kUserNamespace);
  std::optional<AskedOverlay> overlay;
  if (!store.empty()) overlay.emplace(store, userxattr);
  Asked proc = ask_in_step([] { sys::new_filesystem("proc", {}); });
  Asked pivot_root = ask_in_step(try_pivot_root);

  int fresh_proc = proc.outcome();
  probe.add(Question::kStepNamespaces, fresh_proc == 0 ? 0 : ask_in_step([] {}).outcome());
  probe.add(Question::kFreshProc, fresh_proc);
  if (fresh_proc != 0) {
    probe.add(Question::kBoundProc, ask_in_step([] { clone_whole("/proc"); }).outcome());
  }
  probe.add(Question::kPivotRoot, pivot_root.outcome());
  if (!probe.yes(Question::kStepNamespaces)) {
    probe.add(Question::kChroot,
              ask([] { require(::chroot("/") == 0, errno, "chroot"); }).outcome());
  }
  if (overlay) probe.add(Question::kOverlay, overlay->outcome());
}

}  // namespace cairn::sandbox
