// SPDX-License-Identifier: Apache-2.0
//
// Converts a StepSpec to what the launcher takes: a list of mount points, and one of descriptors,
// which they name by index. The files of /etc come first, so that a mount of the step may cover
// them.
#include "exec/sandbox_executor.h"

#include "exec/step_output.h"
#include "overlay/upper_marks.h"
#include "sandbox/mount_points.h"

namespace cairn::exec {
namespace {

void add_mount(sandbox::SandboxSpec& spec, sandbox::StepFds& fds, StepMount mount) {
  if (mount.fd) {
    mount.point.fd_index = fds.mounts.size();
    fds.mounts.push_back(std::move(mount.fd));
  }
  spec.mounts.push_back(std::move(mount.point));
}

StepMount etc_file(const char* target, sys::Fd fd) {
  return {.point = {.target = target, .kind = sandbox::MountKind::kClone, .read_only = true},
          .fd = std::move(fd)};
}

// The mount points that were made in a new upper directory.
class Stubs {
 public:
  explicit Stubs(sys::Fd upper)
      : upper_(std::move(upper)), picture_(sandbox::picture_stubs(upper_, kMarks)) {}
  void remove() const { sandbox::remove_stubs(upper_, picture_, kMarks); }

 private:
  static constexpr sandbox::UpperMarks kMarks{.is_copied_up = overlay::is_copied_up,
                                              .is_mark = overlay::is_mark};
  sys::Fd upper_;
  sandbox::StubPicture picture_;
};

}  // namespace

sandbox::NetworkLease SandboxExecutor::lease(const StepSpec& spec) const {
  using Mode = sandbox::NetworkMode;
  switch (spec.network) {
    case StepNetwork::kNone: return sandbox::NetworkLease(Mode::kNone);
    case StepNetwork::kHostClosed: return sandbox::NetworkLease(Mode::kHostClosed);
    case StepNetwork::kHost: return sandbox::NetworkLease(Mode::kHost);
    case StepNetwork::kPrivate: break;
  }
  if (networks_ == nullptr) return sandbox::NetworkLease(Mode::kHost);
  return networks_->lease(spec.sandbox.insecure);
}

SandboxExecutor::Prepared SandboxExecutor::prepare(StepSpec& spec, Streams streams,
                                                   const Note& note) {
  Prepared out{.network = lease(spec), .fds = {}};
  // E.g. a helper that did not start, so that the step uses the host's network.
  if (!out.network.trouble().empty()) note(out.network.trouble());
  sandbox::SandboxSpec& what = spec.sandbox;
  sandbox::StepFds& fds = out.fds;
  fds.in = std::move(streams.in);
  fds.out = std::move(streams.out);
  fds.err = std::move(streams.err);
  out.network.give(what, fds);
  if (spec.has_etc_files) {
    sys::Fd hosts = etc_.open_hosts(what.hostname, spec.extra_hosts, out.network);
    add_mount(what, fds, etc_file("/etc/hosts", std::move(hosts)));
    sys::Fd resolvers = etc_.open_resolv_conf(out.network.resolver());
    add_mount(what, fds, etc_file("/etc/resolv.conf", std::move(resolvers)));
  }
  for (StepMount& mount : spec.mounts) add_mount(what, fds, std::move(mount));
  if (auto* active = std::get_if<snapshots::ActiveSnapshot*>(&spec.root)) {
    // Mount points are made through the mount, so that overlayfs sees them; then the step takes it.
    sandbox::make_mount_points((*active)->root(), what, fds);
    fds.root = (*active)->release_tree();
  } else {
    fds.root = std::move(std::get<sys::MountTree>(spec.root));
  }
  return out;
}

SandboxExecutor::Started SandboxExecutor::launch(const StepSpec& spec, Prepared prepared,
                                                 const Note& note) const {
  sandbox::RunningStep step = launcher_.run(spec.sandbox, std::move(prepared.fds));
  for (const std::string& text : step.notes()) note(text);
  return {.network = std::move(prepared.network), .step = std::move(step)};
}

SandboxExecutor::Started SandboxExecutor::start(StepSpec& spec, Streams streams, const Note& note) {
  return launch(spec, prepare(spec, std::move(streams), note), note);
}

StepOutcome SandboxExecutor::run(StepSpec spec, const StepEvents& events, std::stop_token stop) {
  sys::Pipe out = sys::make_pipe(), err = sys::make_pipe();
  Prepared prepared =
      prepare(spec, {.in = {}, .out = std::move(out.write_end), .err = std::move(err.write_end)},
              events.note);
  // The picture of the stubs is taken before the command runs, to tell them from its own files.
  std::optional<Stubs> stubs;
  if (auto* active = std::get_if<snapshots::ActiveSnapshot*>(&spec.root)) {
    stubs.emplace((*active)->open_upper());
  }
  Started started = launch(spec, std::move(prepared), events.note);
  sandbox::RunningStep& step = started.step;
  std::stop_callback kill(std::move(stop), [&step] { step.kill(); });
  // Ends when the last process of the step has closed both, so no output is lost.
  forward_output(std::move(out.read_end), std::move(err.read_end), events.output);
  StepOutcome outcome{.status = step.wait(), .refused_nodes = {}, .usage = {}};
  outcome.refused_nodes = step.refused_nodes();
  outcome.usage = step.usage();
  // A failed step's snapshot is thrown away anyway.
  if (outcome.status.ok() && stubs) stubs->remove();
  return outcome;
}

void SandboxExecutor::release_idle() {
  if (networks_ != nullptr) networks_->end_idle();
}

}  // namespace cairn::exec
