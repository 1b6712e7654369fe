// SPDX-License-Identifier: Apache-2.0
#include "sandbox/internal/step_process.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <net/if.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "sandbox/capabilities.h"
#include "sandbox/internal/command.h"
#include "sandbox/internal/step_mounts.h"
#include "sandbox/rlimits.h"
#include "sandbox/user.h"

namespace cairn::sandbox {
namespace {

using sys::Fd;
using sys::RootDir;

// The launcher kills its steps itself; this is for the day when it is killed.
void die_with_launcher() {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
    throw Error::from_errno(errno, "set the death signal");
}

void set_hostname(const std::string& name) {
  if (::sethostname(name.data(), name.size()) < 0) {
    throw Error::from_errno(errno, "set the host name {}", name);
  }
}

void raise_loopback() {
  Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::copy_n("lo", 3, request.ifr_name);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (!socket || ::ioctl(socket.get(), SIOCSIFFLAGS, &request) < 0) {
    throw Error::from_errno(errno, "bring up the loopback interface");
  }
}

// As runc does: a missing working directory is made, 0755 and root's, and stays in the layer.
Fd open_cwd(const RootDir& root, const std::string& cwd) {
  ErrorContext while_here([&] { return fmt::format("entering the working directory {}", cwd); });
  if (std::optional<Fd> dir = root.find_in(cwd, O_PATH | O_DIRECTORY)) return std::move(*dir);
  return root.make_dirs(cwd, 0755);
}

// The directory was resolved inside the root; that the kernel can name it from there proves it
// (a directory outside reads "(unreachable)...").
void enter_cwd(const Fd& cwd) {
  char path[PATH_MAX];
  if (::fchdir(cwd.get()) < 0) throw Error::from_errno(errno, "enter the working directory");
  if (::syscall(SYS_getcwd, path, sizeof path) < 0 || path[0] != '/') {
    throw Error::of(ErrorKind::kHost, "the working directory lies outside the step's root");
  }
}

void take_stdio(const StepFds& fds) {
  const Fd* wanted[] = {&fds.in, &fds.out, &fds.err};
  for (int fd = 0; fd < 3; ++fd) {
    if (::dup2(wanted[fd]->get(), fd) < 0) throw Error::from_errno(errno, "redirect output");
  }
}

void take_terminal(bool tty) {
  if (::setsid() < 0) throw Error::from_errno(errno, "start a session");
  if (tty && ::ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0) {
    throw Error::from_errno(errno, "take the terminal");
  }
}

std::string limit_text(rlim_t value) {
  return value == RLIM_INFINITY ? "unlimited" : std::to_string(value);
}

void set_rlimits(const std::vector<Rlimit>& limits) {
  for (const Rlimit& limit : limits) {
    auto resource = static_cast<__rlimit_resource_t>(limit.resource);
    rlimit value{.rlim_cur = limit.soft, .rlim_max = limit.hard};
    if (::setrlimit(resource, &value) == 0) continue;
    int code = errno;
    rlimit allowed{};
    ::getrlimit(resource, &allowed);
    throw Error::from_errno(code, "limit {} to {}:{} (at most {} is allowed here)",
                            rlimit_name(limit.resource), limit_text(limit.soft),
                            limit_text(limit.hard), limit_text(allowed.rlim_max))
        .with_hint("only real root may raise a limit above the one cairn was started with");
  }
}

// What the launcher ignores must not be inherited; it handles nothing.
void reset_signals() {
  for (int signal : kIgnoredByLauncher) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void check_mapped(const IdMap& map, std::uint32_t id, const char* what) {
  if (maps(map, id)) return;
  std::uint32_t mapped = 0;
  for (const IdMapEntry& entry : map) mapped += entry.count;
  throw Error::of(ErrorKind::kHost, "{} {} of USER is not among the {} ids of this build", what, id,
                  mapped)
      .with_hint("lend the user more subordinate ids in /etc/subuid and /etc/subgid");
}

// With a single id the kernel denies setgroups: the groups of cairn's own user stay, nameless.
void set_groups(const ResolvedUser& user, const StepWorld& world) {
  if (!world.may_set_groups) return;
  std::vector<gid_t> groups;
  for (std::uint32_t gid : user.groups) {
    if (maps(world.gid_map, gid)) groups.push_back(gid);
  }
  if (::setgroups(groups.size(), groups.data()) < 0) throw Error::from_errno(errno, "setgroups");
}

// Order matters: the bounding set and the filter need rights that the ids below give up; with uid 0
// the capabilities must be cut down by hand, with another the kernel clears them at setresuid. An
// insecure step keeps every right that its user namespace can give, whoever runs it.
void become_user(const ResolvedUser& user, const StepWorld& world, bool insecure) {
  check_mapped(world.uid_map, user.uid, "uid");
  check_mapped(world.gid_map, user.gid, "gid");
  CapabilitySet all = effective_capabilities();
  if (insecure) {
    if (::prctl(PR_SET_KEEPCAPS, 1) < 0) throw Error::from_errno(errno, "keep capabilities");
  } else {
    limit_bounding_set(default_capabilities());
    install(world.filter);
  }
  set_groups(user, world);
  if (::setresgid(user.gid, user.gid, user.gid) < 0) throw Error::from_errno(errno, "setresgid");
  if (::setresuid(user.uid, user.uid, user.uid) < 0) throw Error::from_errno(errno, "setresuid");
  if (insecure) {
    hold_capabilities(all, Ambient::kYes);
  } else {
    hold_capabilities(user.uid == 0 ? default_capabilities() : CapabilitySet());
  }
  die_with_launcher();  // the kernel forgets it when ids change
}

std::vector<std::string> environment(const SandboxSpec& spec, const ResolvedUser& user) {
  std::vector<std::string> env;
  for (const std::string& setting : spec.env) {
    std::string_view name = std::string_view(setting).substr(0, setting.find('=') + 1);
    auto earlier = std::find_if(env.begin(), env.end(), [&](const std::string& entry) {
      return !name.empty() && entry.starts_with(name);
    });
    if (earlier == env.end()) {
      env.push_back(setting);
    } else {
      *earlier = setting;
    }
  }
  auto is_home = [](const std::string& entry) { return entry.starts_with("HOME="); };
  if (std::none_of(env.begin(), env.end(), is_home)) env.push_back("HOME=" + user.home);
  return env;
}

// The sequence, in the order the kernel needs it.
[[noreturn]] void build_world_and_run(StepRequest& request, const StepWorld& world) {
  const SandboxSpec& spec = request.spec;
  RootDir root = attach_root(request.fds.root);
  mount_proc(root, spec);  // while the host's proc is still in sight
  mount_sys(root, spec);
  mount_dev(root, spec, world);
  mount_extras(root, request);  // may lie in any of those
  Fd cwd = open_cwd(root, spec.cwd);
  ResolvedUser user = resolve_user(root, spec.user);
  if (spec.read_only_root) make_read_only(root);  // after all mount points were made
  pivot_into(root);
  enter_cwd(cwd);
  set_hostname(spec.hostname);
  if (spec.network == NetworkMode::kNone) raise_loopback();
  take_stdio(request.fds);
  take_terminal(spec.tty);
  set_rlimits(spec.rlimits);
  ::umask(022);
  reset_signals();
  // Nothing but 0, 1 and 2 survives the exec; until then errors still have their pipe.
  if (::close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) < 0) throw Error::from_errno(errno, "close_range");
  become_user(user, world, spec.insecure);
  run_command(spec.argv, environment(spec, user));
}

}  // namespace

void become_step(StepRequest request, const StepWorld& world) {
  std::string failure;
  try {
    build_world_and_run(request, world);
  } catch (const Error& error) {
    failure = serialise(error);
  } catch (const std::exception& error) {
    failure = serialise(Error(ErrorKind::kBug, error.what()));
  }
  try {
    sys::write_all(request.errors, failure);
  } catch (const Error&) {
    // The builder is gone, and with it whoever would have read this.
  }
  ::_exit(125);
}

}  // namespace cairn::sandbox
