// SPDX-License-Identifier: Apache-2.0
#include "sandbox/internal/launcher_process.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "sandbox/internal/bare_root.h"
#include "sandbox/internal/message.h"
#include "sandbox/internal/step_process.h"

namespace cairn::sandbox {
namespace {

// A step as the launcher knows it. Ends when its process does, or is killed when the builder lets
// go of the channel.
struct Running {
  sys::Process process;
  sys::Fd channel;
};

StepRequest parse_request(Message message) {
  constexpr std::size_t kFixed = 7;  // the order of Launcher::run
  CAIRN_ASSERT(message.fds.size() >= kFixed, "a request of the builder lacks descriptors");
  auto& fds = message.fds;
  StepRequest request;
  request.channel = std::move(fds[1]);
  request.errors = std::move(fds[2]);
  request.fds.root = sys::MountTree(std::move(fds[3]));
  request.fds.in = std::move(fds[4]);
  request.fds.out = std::move(fds[5]);
  request.fds.err = std::move(fds[6]);
  for (std::size_t i = kFixed; i < fds.size(); ++i) {
    request.fds.mounts.push_back(std::move(fds[i]));
  }
  if (::lseek(fds[0].get(), 0, SEEK_SET) < 0) throw Error::from_errno(errno, "rewind a request");
  request.spec = parse_sandbox_spec(Json::from_cbor(sys::read_all(fds[0])));
  return request;
}

int namespaces_of(const SandboxSpec& spec) {
  int flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
  if (spec.network == NetworkMode::kNone) flags |= CLONE_NEWNET;
  return flags;
}

void write_map(pid_t pid, const char* file, const IdMap& map) {
  sys::write_all(sys::open_path(fmt::format("/proc/{}/{}", pid, file), O_WRONLY), id_map_text(map));
}

// A limit above our own is raised from here: that takes CAP_SYS_RESOURCE in the initial user
// namespace, which nobody in the step has. Without it nothing happens, and the step, which sets its
// limits when all else is done, says what is allowed.
void raise_rlimits(pid_t pid, const std::vector<Rlimit>& limits) {
  for (const Rlimit& limit : limits) {
    auto resource = static_cast<__rlimit_resource>(limit.resource);
    rlimit now{};
    if (::prlimit(pid, resource, nullptr, &now) < 0 || limit.hard <= now.rlim_max) continue;
    now.rlim_max = limit.hard;
    ::prlimit(pid, resource, &now, nullptr);
  }
}

// --- the birth of a step ---
//
// A step shares our memory until it executes the user's command, as after vfork(2): with pages of
// its own, most of a step's cost was in faulting them in. So one of us must stand still while the
// other runs. The step waits in read(2) for its ids; then we wait in read(2) until it is another
// program, or gone. What it opens and closes is its own (no CLONE_FILES), so it takes descriptors
// by number and never touches our handles; its objects on the heap are left behind, some kilobytes
// a step.

// Lives until the step is another program.
struct Birth {
  const StepRequest& request;
  const StepWorld& world;
  int ours;    // the launcher's end of the pair
  int theirs;  // the step's
};

// The step's own view of the request's descriptors, which it has under the same numbers.
StepRequest same_numbers(const StepRequest& request) {
  StepRequest copy;
  copy.spec = request.spec;
  copy.fds.root = sys::MountTree(sys::Fd(request.fds.root.fd().get()));
  copy.fds.in = sys::Fd(request.fds.in.get());
  copy.fds.out = sys::Fd(request.fds.out.get());
  copy.fds.err = sys::Fd(request.fds.err.get());
  for (const sys::Fd& mount : request.fds.mounts) copy.fds.mounts.emplace_back(mount.get());
  copy.errors = sys::Fd(request.errors.get());
  return copy;
}

// Nothing but system calls until the byte comes: the launcher is still at work in this memory.
int be_born(void* argument) {
  const Birth& birth = *static_cast<const Birth*>(argument);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::close(birth.ours);
  char go = 0;
  if (::read(birth.theirs, &go, 1) != 1) ::_exit(125);    // the launcher has died
  become_step(same_numbers(birth.request), birth.world);  // the exec closes `theirs`
}

#if defined(__SANITIZE_ADDRESS__)
// ASan keeps books on the stack, and knows of one only: here a step has memory of its own.
pid_t clone_to(int (*start)(void*), int flags, Birth& birth, int& pidfd) {
  clone_args args{};
  args.flags = static_cast<std::uint64_t>(flags | CLONE_PIDFD);
  args.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
  args.exit_signal = SIGCHLD;
  auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
  if (pid == 0) start(&birth);
  return pid;
}
#else
constexpr std::size_t kStackSize = 1 << 20;

// One for all steps, since they are born one after the other; a guard page lies below it.
std::byte* top_of_stack() {
  static std::byte* const stack = [] {
    constexpr std::size_t kGuard = 64 << 10;
    void* memory = ::mmap(nullptr, kGuard + kStackSize, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw Error::from_errno(errno, "make a stack");
    std::byte* bottom = static_cast<std::byte*>(memory) + kGuard;
    if (::mprotect(bottom, kStackSize, PROT_READ | PROT_WRITE) < 0) {
      throw Error::from_errno(errno, "make a stack");
    }
    return bottom;
  }();
  return stack + kStackSize;
}

pid_t clone_to(int (*start)(void*), int flags, Birth& birth, int& pidfd) {
  return ::clone(start, top_of_stack(), flags | CLONE_VM | CLONE_PIDFD | SIGCHLD, &birth, &pidfd);
}
#endif

// A child in fresh namespaces that waits for its ids. The kernel takes a map of many extents only
// from a process that is privileged outside the new namespace, which is us.
sys::Process clone_step(Birth& birth) {
  int pidfd = -1;
  pid_t pid = clone_to(be_born, namespaces_of(birth.request.spec), birth, pidfd);
  if (pid < 0) throw Error::from_errno(errno, "make the namespaces of a step");
  sys::Process process(pid, sys::Fd(pidfd));
  write_map(pid, "uid_map", birth.world.uid_map);
  write_map(pid, "gid_map", birth.world.gid_map);
  raise_rlimits(pid, birth.request.spec.rlimits);
  return process;
}

// Lets it go, and stands still until our memory is ours again.
void let_go(const sys::Fd& ours) {
  std::byte byte{};
  sys::write_all(ours, std::span(&byte, 1));
  sys::read_some(ours, std::span(&byte, 1));  // the end of file, which exec and exit make
  // A change of ids marks the memory as one whose /proc entries are root's.
  ::prctl(PR_SET_DUMPABLE, 1);
}

void start_step(Message message, const StepWorld& world, const std::optional<Error>& broken,
                std::vector<Running>& running) {
  // Kept apart, so that a request that makes no sense is answered too.
  CAIRN_ASSERT(message.fds.size() > 2, "a request of the builder lacks descriptors");
  sys::Fd errors = sys::duplicate(message.fds[2]);
  try {
    if (broken) throw *broken;
    StepRequest request = parse_request(std::move(message));
    auto [ours, theirs] = sys::make_socket_pair(SOCK_STREAM);
    Birth birth{request, world, ours.get(), theirs.get()};
    sys::Process process = clone_step(birth);
    theirs.reset();
    pid_t pid = process.pid();
    std::string_view bytes(reinterpret_cast<const char*>(&pid), sizeof pid);
    send_message(request.channel, bytes, {process.pidfd().get()});
    let_go(ours);
    running.push_back({.process = std::move(process), .channel = std::move(request.channel)});
  } catch (const Error& error) {
    sys::write_all(errors, serialise(error));
  }
}

// Reaps, and tells the builder; nobody may be listening any more.
void end_step(Running& step) {
  StepEnd end{};
  end.status = step.process.wait(&end.usage);
  std::string_view bytes(reinterpret_cast<const char*>(&end), sizeof end);
  try {
    send_message(step.channel, bytes, {});
  } catch (const Error&) {
  }
}

// One round: a request, hung-up channels, ended steps. False when the builder is gone.
bool serve_once(const sys::Fd& control, const StepWorld& world, const std::optional<Error>& broken,
                std::vector<Running>& running) {
  std::vector<pollfd> events{{.fd = control.get(), .events = POLLIN, .revents = 0}};
  for (const Running& step : running) {
    events.push_back({.fd = step.channel.get(), .events = 0, .revents = 0});  // POLLHUP alone
    events.push_back({.fd = step.process.pidfd().get(), .events = POLLIN, .revents = 0});
  }
  if (sys::retry_eintr([&] { return ::poll(events.data(), events.size(), -1); }) < 0) {
    throw Error::from_errno(errno, "poll");
  }
  for (std::size_t i = running.size(); i-- > 0;) {
    if (events[1 + 2 * i].revents != 0) running[i].process.send(SIGKILL);
    if (events[2 + 2 * i].revents == 0 && events[1 + 2 * i].revents == 0) continue;
    end_step(running[i]);
    running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
  }
  if (events[0].revents == 0) return true;
  std::optional<Message> message = receive_message(control);
  if (message) start_step(std::move(*message), world, broken, running);
  return message.has_value();
}

// The terminal's signals go to the builder, who decides; we end when it does.
void leave_the_terminal() {
  ::prctl(PR_SET_NAME, "cairn-launcher");
  ::setsid();
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  for (int signal : kIgnoredByLauncher) ::signal(signal, SIG_IGN);
  sys::Fd null = sys::open_path("/dev/null", O_RDWR);
  ::dup2(null.get(), STDIN_FILENO);
  ::dup2(null.get(), STDOUT_FILENO);
  if (::fcntl(STDERR_FILENO, F_GETFD) < 0) ::dup2(null.get(), STDERR_FILENO);
  ::umask(022);
}

// The builder's files are none of ours: its locks would outlive it with us.
void close_all_but(const sys::Fd& kept) {
  auto fd = static_cast<unsigned>(kept.get());
  if (fd > 3) ::close_range(3, fd - 1, 0);
  ::close_range(fd + 1, ~0u, 0);
}

}  // namespace

void run_launcher(sys::Fd control, const BuilderNamespace& builder) {
  leave_the_terminal();
  close_all_but(control);
  // A world that cannot be made is told at the first request: a build without RUN never asks.
  std::optional<Error> broken;
  StepWorld world{.uid_map = identity_of(builder.uid_map),
                  .gid_map = identity_of(builder.gid_map),
                  .may_set_groups = builder.may_set_groups,
                  .filter = {}};
  try {
    enter_bare_root(builder.identity);
    world.filter = compile_default_filter();
  } catch (const Error& error) {
    broken = error;
  }
  try {
    std::vector<Running> running;
    while (serve_once(control, world, broken, running)) {
    }
    // Here the handles of what still runs kill it and reap it.
  } catch (const std::exception& error) {
    // Standard error is all that is left; the builder will miss us at its next request.
    std::string text = fmt::format("cairn: the launcher failed: {}\n", error.what());
    if (::write(STDERR_FILENO, text.data(), text.size()) < 0) ::_exit(71);
    ::_exit(70);
  }
  ::_exit(0);
}

}  // namespace cairn::sandbox
