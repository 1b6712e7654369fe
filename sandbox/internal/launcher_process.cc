// SPDX-License-Identifier: Apache-2.0
//
// The launcher's loop. It waits for requests, for steps that end, for builders that close a step's
// channel, and for calls that a step's filter reports. For each request it plans the isolation and
// the set-up, clones the step into its namespaces, writes its id maps, and waits until the step has
// executed its command.
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

#include "base/attempt.h"
#include "base/error.h"
#include "base/foreign_text.h"
#include "sandbox/internal/bare_root.h"
#include "sandbox/internal/launcher_protocol.h"
#include "sandbox/internal/network_messages.h"
#include "sandbox/internal/network_namespace.h"
#include "sandbox/internal/step_process.h"

namespace cairn::sandbox {
namespace {

// A step as the launcher knows it. It ends when its process ends, and is killed when the builder
// closes the channel.
struct Running {
  sys::Process process;
  sys::Fd channel;
  sys::Fd network;   // to the guardian of a network that the step owns
  sys::Fd listener;  // of its filter; may be empty
  RefusedNodes refused_nodes = {};
};

void write_map(pid_t pid, const char* file, const IdMap& map) {
  sys::write_all(sys::open_path(fmt::format("/proc/{}/{}", pid, file), O_WRONLY), id_map_text(map));
}

// A limit above our own is raised from here: this takes CAP_SYS_RESOURCE in the initial user
// namespace, which nobody in the step has. Without it nothing happens; the step, which sets its
// limits last, then says what is allowed.
void raise_rlimits(pid_t pid, const std::vector<Rlimit>& limits) {
  for (const Rlimit& limit : limits) {
    auto resource = static_cast<__rlimit_resource>(limit.resource);
    rlimit now{};
    if (::prlimit(pid, resource, nullptr, &now) < 0 || limit.hard <= now.rlim_max) continue;
    now.rlim_max = limit.hard;
    ::prlimit(pid, resource, &now, nullptr);
  }
}

// --- the start of a step ---
//
// A step shares our memory until it executes the user's command, as after vfork(2): with pages of
// its own, most of a step's cost was page faults. So one of the two must stand still while the
// other runs. The step waits in read(2) for its ids; then we wait in poll(2) until it is another
// program, or gone. Its descriptor table is its own (no CLONE_FILES), so it takes descriptors by
// number and never touches our handles. Its objects on the heap are left behind, some kilobytes for
// each step.

// Lives until the step has executed its command.
struct ChildArguments {
  const RunRequest& request;
  const IsolationPlan& plan;
  const StepSetup& setup;
  const StepDefaults& world;
  int ours;        // the launcher's end of the pair
  int theirs;      // the step's
  int sysfs = -1;  // a detached mount in the step's descriptor table: see StepRequest
};

// The step's own handles for the request's descriptors, which have the same numbers there.
StepRequest same_numbers(const ChildArguments& arguments) {
  const RunRequest& request = arguments.request;
  StepRequest copy;
  copy.spec = request.spec;
  copy.plan = arguments.plan;
  copy.fds.root = sys::MountTree(sys::Fd(request.fds.root.fd().get()));
  copy.fds.in = sys::Fd(request.fds.in.get());
  copy.fds.out = sys::Fd(request.fds.out.get());
  copy.fds.err = sys::Fd(request.fds.err.get());
  for (const sys::Fd& mount : request.fds.mounts) copy.fds.mounts.emplace_back(mount.get());
  copy.errors = sys::Fd(request.errors.get());
  copy.launcher = sys::Fd(arguments.theirs);
  return copy;
}

// Only system calls until the byte arrives: the launcher is still working in this memory.
int child_main(void* argument) {
  const ChildArguments& arguments = *static_cast<const ChildArguments*>(argument);
  ::close(arguments.ours);
  char go = 0;
  if (::read(arguments.theirs, &go, 1) != 1) ::_exit(125);  // the launcher has died
  StepRequest request = same_numbers(arguments);
  request.sysfs = sys::MountTree(sys::Fd(arguments.sysfs));
  become_step(std::move(request), arguments.setup, arguments.world);  // the exec closes `theirs`
}

#if defined(__SANITIZE_ADDRESS__)
// ASan keeps track of one stack only, so here a step has memory of its own.
pid_t clone_to(int (*start)(void*), int flags, ChildArguments& arguments, int& pidfd) {
  clone_args args{};
  args.flags = static_cast<std::uint64_t>(flags | CLONE_PIDFD);
  args.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
  args.exit_signal = SIGCHLD;
  auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
  if (pid == 0) start(&arguments);
  return pid;
}
#else
constexpr std::size_t kStackSize = 1 << 20;

// One stack for all steps, since they start one after the other. A guard page lies below it.
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

pid_t clone_to(int (*start)(void*), int flags, ChildArguments& arguments, int& pidfd) {
  return ::clone(start, top_of_stack(), flags | CLONE_VM | CLONE_PIDFD | SIGCHLD, &arguments,
                 &pidfd);
}
#endif

// A child in new namespaces that waits for its ids. The kernel accepts a map of many entries only
// from a process that is privileged outside the new namespace, which we are.
sys::Process clone_step(ChildArguments& arguments) {
  int pidfd = -1;
  int flags = arguments.plan.namespaces;
  pid_t pid = 0;
  if (arguments.plan.network == NetworkEntry::kEntered) {
    int in_visitor = -1;  // the pidfd lands in the visitor's descriptor table, where it is useless
    pid = call_in_network(arguments.request.fds.network, [&] {
      arguments.sysfs = mount_sysfs();
      pid_t step = clone_to(child_main, flags | CLONE_PARENT, arguments, in_visitor);
      return step < 0 ? -errno : step;
    });
    if (pid < 0) errno = -pid;
    if (pid > 0) pidfd = sys::open_pidfd(pid).release();
  } else {
    pid = clone_to(child_main, flags, arguments, pidfd);
  }
  if (pid < 0) throw Error::from_errno(errno, "make the namespaces of a step");
  sys::Process process(pid, sys::Fd(pidfd));
  write_map(pid, "uid_map", arguments.world.uid_map);
  write_map(pid, "gid_map", arguments.world.gid_map);
  raise_rlimits(pid, arguments.request.spec.rlimits);
  return process;
}

// An insecure step may change its network at will, so it owns it. The network must be connected
// before the step runs.
void connect_own_network(const RunRequest& request, pid_t pid) {
  if (request.spec.network != NetworkMode::kOwn) return;
  sys::Fd ns = sys::open_path(fmt::format("/proc/{}/ns/net", pid), O_RDONLY);
  send_message(request.fds.network, "connect", {ns.get()});
  std::optional<Message> answer = receive_message(request.fds.network);
  if (answer && answer->bytes == kNetworkReady) return;
  throw Error::of(ErrorKind::kHost, "connecting the network of the step: {}",
                  answer ? answer->bytes : "its guardian has died");
}

// Lets the step run and waits until our memory is ours again. Returns the listener of its filter.
sys::Fd release_and_await_exec(const sys::Fd& ours) {
  std::byte byte{};
  sys::write_all(ours, std::span(&byte, 1));
  // Wait for the hang-up, which exec and exit cause. A message sent before it stays in the socket;
  // receiving it allocates memory, which is the step's alone until then.
  pollfd event{.fd = ours.get(), .events = 0, .revents = 0};
  if (sys::retry_eintr([&] { return ::poll(&event, 1, -1); }) < 0) {
    throw Error::from_errno(errno, "poll");
  }
  // Changing ids marks the shared memory so that its /proc entries belong to root; undo that.
  ::prctl(PR_SET_DUMPABLE, 1);
  std::optional<Message> message = receive_message(ours);
  return message ? decode_filter_listener(std::move(*message)).listener : sys::Fd();
}

// Takes from `request` what the step needs while it runs; the caller drops the rest.
void start_step(RunRequest& request, const StepDefaults& world, std::vector<Running>& running) {
  IsolationPlan plan = plan_isolation(world.rungs, request.spec);
  StepSetup setup = plan_setup(plan, request.spec);
  auto [ours, theirs] = sys::make_socket_pair(SOCK_STREAM);
  ChildArguments arguments{request, plan, setup, world, ours.get(), theirs.get()};
  sys::Process process = clone_step(arguments);
  theirs.reset();
  connect_own_network(request, process.pid());
  StepStarted started{.pid = process.pid(), .pidfd = sys::duplicate(process.pidfd())};
  send_message(request.channel, encode(started));
  started.pidfd.reset();
  sys::Fd listener = release_and_await_exec(ours);
  running.push_back({.process = std::move(process),
                     .channel = std::move(request.channel),
                     .network = request.spec.network == NetworkMode::kOwn
                                    ? std::move(request.fds.network)
                                    : sys::Fd(),
                     .listener = std::move(listener)});
}

// A malformed request is answered, too, if it got as far as naming the pipe for errors.
void serve_request(Message message, const StepDefaults& world, const std::optional<Error>& broken,
                   std::vector<Running>& running) {
  RunRequest request;
  std::optional<Error> failure = failure_of([&] {
    decode_run_request(std::move(message), request);
    if (broken) throw *broken;
    start_step(request, world, running);
  });
  if (!failure) return;
  if (!request.errors) throw *failure;
  sys::write_all(request.errors, encode_failure(*failure));
}

// Reaps the step and tells the builder, which may no longer listen.
void end_step(Running& step) {
  StepEnded ended;
  ended.status = step.process.wait(&ended.usage);
  ended.refused_nodes = step.refused_nodes;
  best_effort([&] { send_message(step.channel, encode(ended)); });
}

// As pid 1 of our namespace we inherit orphans, if there ever are any: a step's own pid 1 takes the
// rest. Steps are not reaped here; their pidfds report their end.
void reap_orphans(const std::vector<Running>& running) {
  siginfo_t child{};
  while (::waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0 && child.si_pid != 0) {
    for (const Running& step : running) {
      if (step.process.pid() == child.si_pid) return;
    }
    ::waitid(P_PID, static_cast<id_t>(child.si_pid), nullptr, WEXITED | WNOHANG);
    child.si_pid = 0;
  }
}

// One round: a request, closed channels, ended steps. Returns false if the builder is gone.
bool serve_once(const sys::Fd& control, const StepDefaults& world,
                const std::optional<Error>& broken, std::vector<Running>& running) {
  std::vector<pollfd> events{{.fd = control.get(), .events = POLLIN, .revents = 0}};
  for (const Running& step : running) {
    events.push_back({.fd = step.channel.get(), .events = 0, .revents = 0});  // POLLHUP only
    events.push_back({.fd = step.process.pidfd().get(), .events = POLLIN, .revents = 0});
    events.push_back({.fd = step.listener.get(), .events = POLLIN, .revents = 0});
  }
  if (sys::retry_eintr([&] { return ::poll(events.data(), events.size(), -1); }) < 0) {
    throw Error::from_errno(errno, "poll");
  }
  // Backwards, because ended steps are erased from the list.
  for (std::size_t i = running.size(); i-- > 0;) {
    const pollfd* of_step = &events[1 + 3 * i];
    if ((of_step[2].revents & POLLIN) != 0) {
      note_node(running[i].listener, running[i].refused_nodes);
    } else if (of_step[2].revents != 0) {
      running[i].listener.reset();  // no process is left under this filter
    }
    if (of_step[0].revents != 0) running[i].process.send(SIGKILL);
    if (of_step[1].revents == 0 && of_step[0].revents == 0) continue;
    end_step(running[i]);
    running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
    reap_orphans(running);
  }
  if (events[0].revents == 0) return true;
  std::optional<Message> message = receive_message(control);
  if (message) serve_request(std::move(*message), world, broken, running);
  return message.has_value();
}

// The terminal's signals are for the builder, which decides; we end when it does.
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

}  // namespace

void run_launcher(sys::Fd control, std::optional<Error> broken) {
  leave_the_terminal();
  // A failure here is reported at the first request: a build without RUN never asks.
  StepDefaults world;
  broken = failure_of([&] {
    std::optional<Message> message = receive_message(control);
    if (!message) ::_exit(0);  // the builder has gone
    BuilderWorld builder = decode_builder_world(std::move(*message));
    if (broken) throw *broken;
    world.uid_map = std::move(builder.uid_map);
    world.gid_map = std::move(builder.gid_map);
    world.may_set_groups = builder.may_set_groups;
    world.rungs = {.identity = builder.identity, .isolation = builder.isolation};
    enter_bare_root(plan_launcher(world.rungs), world.notes);
    world.filter = compile_default_filter();
  });
  std::optional<Error> failure = last_failure_of([&] {
    std::vector<Running> running;
    while (serve_once(control, world, broken, running)) {
    }
    // The destructors kill and reap whatever still runs.
  });
  if (!failure) ::_exit(0);
  // Only standard error is left; the builder notices at its next request.
  std::string text = fmt::format("cairn: the launcher failed: {}\n", legible(failure->message()));
  if (::write(STDERR_FILENO, text.data(), text.size()) < 0) ::_exit(71);
  ::_exit(70);
}

}  // namespace cairn::sandbox
