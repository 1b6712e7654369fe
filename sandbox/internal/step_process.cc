// SPDX-License-Identifier: Apache-2.0
//
// How each operation of the set-up is done, and the loop over them. A failure is reported with the
// name of its operation; if it was only tried, it becomes a note (operations.h).
#include "sandbox/internal/step_process.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "base/attempt.h"
#include "base/error.h"
#include "sandbox/capabilities.h"
#include "sandbox/internal/abstract_sockets.h"
#include "sandbox/internal/command.h"
#include "sandbox/internal/launcher_protocol.h"
#include "sandbox/internal/network_namespace.h"
#include "sandbox/internal/step_mounts.h"
#include "sandbox/rlimits.h"
#include "sandbox/user.h"

namespace cairn::sandbox {
namespace {

using sys::Fd;
using sys::RootDir;

void set_hostname(const std::string& name) {
  if (::sethostname(name.data(), name.size()) < 0) {
    throw Error::from_errno(errno, "set the host name {}", name);
  }
}

// As in runc, a missing working directory is made (0755 0:0) and stays in the layer.
Fd open_cwd(const RootDir& root, const std::string& cwd) {
  if (std::optional<Fd> dir = root.find_in(cwd, O_PATH | O_DIRECTORY)) return std::move(*dir);
  return root.make_dirs(cwd, 0755);
}

// The directory was resolved inside the root. That the kernel can name it from there is the proof:
// a directory outside reads "(unreachable)...".
void enter_cwd(const Fd& cwd) {
  char path[PATH_MAX];
  if (::fchdir(cwd.get()) < 0) throw Error::from_errno(errno, "enter the working directory");
  if (::syscall(SYS_getcwd, path, sizeof path) < 0 || path[0] != '/') {
    throw Error::of(ErrorKind::kHost, "the working directory lies outside the step's root");
  }
}

// Opened in the step's own /dev, where we are. Through a descriptor of the host's node, root of the
// step could change its mode.
void open_null_streams(StepFds& fds) {
  for (Fd* stream : {&fds.in, &fds.out, &fds.err}) {
    if (!*stream) *stream = sys::open_path("null", O_RDWR);
  }
}

void take_stdio(const StepFds& fds) {
  const Fd* wanted[] = {&fds.in, &fds.out, &fds.err};
  for (int fd = 0; fd < 3; ++fd) {
    if (::dup2(wanted[fd]->get(), fd) < 0) throw Error::from_errno(errno, "redirect output");
  }
}

void start_session() {
  if (::setsid() < 0) throw Error::from_errno(errno, "start a session");
}

void take_terminal() {
  if (::ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0) throw Error::from_errno(errno, "take the terminal");
}

void close_descriptors_at_exec() {
  if (::close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) < 0) throw Error::from_errno(errno, "close_range");
}

std::string limit_text(rlim_t value) {
  return value == RLIM_INFINITY ? "unlimited" : std::to_string(value);
}

// A limit that is not allowed becomes the nearest allowed one.
void set_rlimit(const Rlimit& limit) {
  auto resource = static_cast<__rlimit_resource_t>(limit.resource);
  rlimit value{.rlim_cur = limit.soft, .rlim_max = limit.hard};
  if (::setrlimit(resource, &value) == 0) return;
  int code = errno;
  rlimit allowed{};
  ::getrlimit(resource, &allowed);
  value = {.rlim_cur = std::min<rlim_t>(limit.soft, allowed.rlim_max),
           .rlim_max = std::min<rlim_t>(limit.hard, allowed.rlim_max)};
  ::setrlimit(resource, &value);
  throw Error::from_errno(code, "limit {} to {}:{} (at most {} is allowed here)",
                          rlimit_name(limit.resource), limit_text(limit.soft),
                          limit_text(limit.hard), limit_text(allowed.rlim_max));
}

// Ignored signals would be inherited across exec. The launcher handles none, so there is no more to
// reset.
void reset_signals() {
  for (int signal : kIgnoredByLauncher) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// setresuid(2) would say EINVAL, which explains nothing.
void check_mapped(const IdMap& map, std::uint32_t id, const char* what) {
  if (maps(map, id)) return;
  std::uint32_t mapped = 0;
  for (const IdMapEntry& entry : map) mapped += entry.count;
  throw Error::of(ErrorKind::kHost, "{} {} of USER is not among the {} ids of this build", what, id,
                  mapped)
      .with_hint("lend the user more subordinate ids in /etc/subuid and /etc/subgid");
}

// With a single id the kernel denies setgroups(2): the groups of cairn's user stay, without names.
void set_groups(const ResolvedUser& user, const StepDefaults& world) {
  if (!world.may_set_groups) return;
  std::vector<gid_t> groups;
  for (std::uint32_t gid : user.groups) {
    if (maps(world.gid_map, gid)) groups.push_back(gid);
  }
  if (::setgroups(groups.size(), groups.data()) < 0) throw Error::from_errno(errno, "setgroups");
}

void become_user(const ResolvedUser& user, const StepDefaults& world) {
  set_groups(user, world);
  if (::setresgid(user.gid, user.gid, user.gid) < 0) throw Error::from_errno(errno, "setresgid");
  if (::setresuid(user.uid, user.uid, user.uid) < 0) throw Error::from_errno(errno, "setresuid");
}

// The last setting of a variable counts, at the place of the first, as in docker.
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

// /dev/stdout reopens pipes and terminals like any file, by owner and mode, and the builder made
// them. The group is changed first: a terminal may have a group that is not mapped here, and then
// only its owner may change it.
void give_streams(const ResolvedUser& user) {
  if (user.uid == 0) return;  // the streams are root's already
  for (int fd = 0; fd < 3; ++fd) {
    struct stat st {};
    if (::fstat(fd, &st) < 0) throw Error::from_errno(errno, "look at a stream of the command");
    bool ours = S_ISFIFO(st.st_mode) || (S_ISCHR(st.st_mode) && ::isatty(fd) == 1);
    if (!ours) continue;  // the null device is for everybody
    if (::fchown(fd, static_cast<uid_t>(-1), 0) < 0 || ::fchown(fd, user.uid, user.gid) < 0) {
      throw Error::from_errno(errno, "give the output to uid {}", user.uid);
    }
  }
}

// What operations leave for later ones.
struct SetupState {
  StepRequest& request;
  const StepDefaults& world;
  Notes notes = world.notes;
  std::optional<RootDir> root = {};
  Fd cwd = {};
  ResolvedUser user = {};
  CapabilitySet all = {};  // for an insecure step
};

void find_user(SetupState& step) {
  step.user = resolve_user(*step.root, step.request.spec.user);
  check_mapped(step.world.uid_map, step.user.uid, "uid");
  check_mapped(step.world.gid_map, step.user.gid, "gid");
}

// Kept across setresuid(2), for a user of an insecure step that is not root.
void keep_capabilities(SetupState& step) {
  step.all = effective_capabilities();
  if (::prctl(PR_SET_KEEPCAPS, 1) < 0) throw Error::from_errno(errno, "keep capabilities");
}

void install_filter(SetupState& step) {
  Fd listener = install(step.world.filter);
  if (!listener) return;
  send_message(step.request.launcher, encode(FilterListener{.listener = std::move(listener)}));
}

void take_capabilities(SetupState& step) {
  if (step.request.spec.insecure) {
    hold_capabilities(step.all, Ambient::kYes);
  } else {
    hold_capabilities(step.user.uid == 0 ? default_capabilities() : CapabilitySet());
  }
}

// The launcher's umask and signals are its own; a program expects the usual ones.
void reset_process() {
  ::umask(022);
  reset_signals();
}

struct Action {
  Operation operation;
  void (*act)(SetupState& step, std::size_t index);
};

using enum Operation;

// How each operation is done, in the order of the enumeration. The order of execution is in
// step_setup.cc.
constexpr Action kActions[] = {
    {kAttachRoot, [](auto& step, auto) { step.root.emplace(attach_root(step.request.fds.root)); }},
    {kMountProc, [](auto& step, auto) { mount_proc(*step.root); }},
    {kMaskProc, [](auto&, auto) { mask_proc(); }},
    {kMountSys, [](auto& step, auto) { mount_sys(*step.root, step.request); }},
    {kMaskSys, [](auto&, auto) { mask_sys(); }},
    {kMountDev, [](auto& step, auto) { mount_dev(*step.root); }},
    {kMountPts, [](auto& step, auto) { mount_pts(step.world.gid_map); }},
    {kMountShm, [](auto& step, auto) { mount_shm(step.request.spec.shm_size); }},
    {kMountMqueue, [](auto&, auto) { mount_mqueue(); }},
    {kLinkDev, [](auto&, auto) { link_dev(); }},
    {kOpenNullStreams, [](auto& step, auto) { open_null_streams(step.request.fds); }},
    {kMountExtra,
     [](auto& step, auto i) {
       mount_extra(*step.root, step.request, step.request.spec.mounts[i]);
     }},
    {kOpenCwd, [](auto& step, auto) { step.cwd = open_cwd(*step.root, step.request.spec.cwd); }},
    {kFindUser, [](auto& step, auto) { find_user(step); }},
    {kMakeReadOnly, [](auto& step, auto) { make_read_only(*step.root); }},
    {kEnterRoot, [](auto& step, auto) { pivot_step_into(*step.root); }},
    {kEnterCwd, [](auto& step, auto) { enter_cwd(step.cwd); }},
    {kHostname, [](auto& step, auto) { set_hostname(step.request.spec.hostname); }},
    {kLoopback, [](auto&, auto) { raise_loopback(); }},
    {kAbstractSockets, [](auto&, auto) { close_abstract_sockets(); }},
    {kTakeStreams, [](auto& step, auto) { take_stdio(step.request.fds); }},
    {kStreamOwner, [](auto& step, auto) { give_streams(step.user); }},
    {kSession, [](auto&, auto) { start_session(); }},
    {kTerminal, [](auto&, auto) { take_terminal(); }},
    {kRlimit, [](auto& step, auto i) { set_rlimit(step.request.spec.rlimits[i]); }},
    {kResetProcess, [](auto&, auto) { reset_process(); }},
    {kCloseDescriptors, [](auto&, auto) { close_descriptors_at_exec(); }},
    {kLimitCapabilities, [](auto&, auto) { limit_bounding_set(default_capabilities()); }},
    {kKeepCapabilities, [](auto& step, auto) { keep_capabilities(step); }},
    {kFilter, [](auto& step, auto) { install_filter(step); }},
    {kBecomeUser, [](auto& step, auto) { become_user(step.user, step.world); }},
    {kHoldCapabilities, [](auto& step, auto) { take_capabilities(step); }},
};

static_assert(std::is_sorted(std::begin(kActions), std::end(kActions),
                             [](const Action& a, const Action& b) {
                               return a.operation < b.operation;
                             }) &&
              std::size(kActions) == static_cast<std::size_t>(kHoldCapabilities) + 1);

std::string describe(const SetupOperation& operation, const SandboxSpec& spec) {
  std::string doing(rule_of(operation.operation).doing);
  switch (operation.operation) {
    case kMountExtra: return "mounting on " + spec.mounts[operation.index].target;
    case kOpenCwd:
    case kEnterCwd: return doing + " " + spec.cwd;
    default: return doing;
  }
}

[[noreturn]] void set_up_and_run(StepRequest& request, const StepSetup& setup,
                                 const StepDefaults& world) {
  SetupState step{.request = request, .world = world};
  for (const SetupOperation& next : setup) {
    ErrorContext while_here([&] { return describe(next, request.spec); });
    const Action& action = kActions[static_cast<std::size_t>(next.operation)];
    carry_out(next.operation, step.notes, [&] { action.act(step, next.index); });
  }
  // Written before exec, which closes the pipe: its end tells the builder that the command runs.
  if (!step.notes.empty()) sys::write_all(request.errors, encode_notes(step.notes));
  run_command(request.spec.argv, environment(request.spec, step.user));
}

}  // namespace

void become_step(StepRequest request, const StepSetup& setup, const StepDefaults& world) {
  std::optional<Error> failure = last_failure_of([&] { set_up_and_run(request, setup, world); });
  // If the builder is gone, nobody reads this.
  best_effort([&] { sys::write_all(request.errors, encode_failure(failure.value())); });
  ::_exit(125);
}

}  // namespace cairn::sandbox
