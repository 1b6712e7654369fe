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

int outcome(pid_t child) {
  sys::ExitStatus status = sys::Process(child, Fd()).wait();
  return status.signal != 0 ? ETIME : status.code;
}

template <typename Question>
int ask(Question question) {
  pid_t child = ::fork();
  if (child < 0) return errno;
  if (child == 0) answer(question);
  return outcome(child);
}

// In the namespaces of a step. Without id maps: none of the questions needs an id.
template <typename Question>
int ask_in_step(Question question) {
  clone_args args{};
  args.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
  args.exit_signal = SIGCHLD;
  auto child = static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
  if (child < 0) return errno;
  if (child == 0) answer(question);
  return outcome(child);
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
int ask_overlay(const std::string& store, bool userxattr) {
  sys::TempDir dir(store, "probe-");
  int code = ask([&] { try_overlay(dir.path(), userxattr); });
  if (code == ENOSPC || code == EDQUOT) throw Error::from_errno(code, "make files in {}", store);
  return code;
}

}  // namespace

void probe_steps(Probe& probe, const std::string& store) {
  probe.add(Question::kStepNamespaces, ask_in_step([] {}));
  probe.add(Question::kFreshProc, ask_in_step([] { sys::new_filesystem("proc", {}); }));
  if (!probe.yes(Question::kFreshProc)) {
    probe.add(Question::kBoundProc, ask_in_step([] { clone_whole("/proc"); }));
  }
  probe.add(Question::kPivotRoot, ask_in_step(try_pivot_root));
  if (!probe.yes(Question::kStepNamespaces)) {
    probe.add(Question::kChroot, ask([] { require(::chroot("/") == 0, errno, "chroot"); }));
  }
  if (store.empty()) return;
  // Real root has trusted.* for overlay's marks; all others are given user.* by this option.
  bool userxattr = !probe.facts.initial_user_namespace || probe.find(Question::kUserNamespace);
  probe.add(Question::kOverlay, ask_overlay(store, userxattr));
}

}  // namespace cairn::sandbox
