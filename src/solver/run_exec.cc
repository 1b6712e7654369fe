// SPDX-License-Identifier: Apache-2.0
//
// RUN: a fresh sandbox over the parent's snapshots; what the command leaves in the upper directory
// is the new snapshot.
#include <fcntl.h>
#include <signal.h>

#include "base/error.h"
#include "base/text.h"
#include "sandbox/mount_points.h"
#include "solver/etc_files.h"
#include "solver/run_mounts.h"
#include "solver/step_output.h"

namespace cairn::solver {
namespace {

// "SIGKILL" with a word on what that mostly means.
std::string signal_text(int signal) {
  const char* name = ::sigabbrev_np(signal);
  std::string text =
      fmt::format("killed by SIG{}", name != nullptr ? name : std::to_string(signal));
  if (signal == SIGKILL) text += " (out of memory, or killed by hand)";
  return text;
}

[[noreturn]] void throw_failed(const plan::RunOp& op, sys::ExitStatus status) {
  std::string how = status.signal != 0 ? fmt::format("exit code: {}: {}", status.shell_code(),
                                                     signal_text(status.signal))
                                       : fmt::format("exit code: {}", status.code);
  throw Error::of(ErrorKind::kStep, "process {} did not complete successfully: {}",
                  go_quote(join(op.argv, " ")), how);
}

// The heredoc script of H02, on a read-only mount below /dev.
void add_script(Job& job, const plan::InlineFile& script, StepMounts& mounts) {
  auto dir = std::make_shared<sys::TempDir>(job.shop.store.tmp_dir(), "script-");
  sys::chmod_fd(sys::open_path(dir->path(), O_RDONLY), 0755);
  std::size_t slash = script.name.rfind('/');
  {
    sys::Fd file =
        sys::open_path(dir->path() + script.name.substr(slash), O_WRONLY | O_CREAT, 0700);
    sys::write_all(file, script.content);
    sys::chmod_fd(file, 0755);
  }
  mounts.add(script.name.substr(0, slash), sys::open_path(dir->path(), O_PATH | O_DIRECTORY),
             sandbox::MountKind::kClone, true);
  mounts.alive.push_back(dir);
}

sandbox::SandboxSpec make_spec(const Job& job, const plan::RunOp& op, StepMounts& mounts) {
  sandbox::SandboxSpec spec;
  spec.argv = op.argv;
  spec.env = op.env;
  spec.env.insert(spec.env.end(), op.proxy_env.begin(), op.proxy_env.end());
  spec.cwd = op.cwd;
  spec.user = op.user;
  spec.network = op.network == plan::NetworkMode::kNone ? sandbox::NetworkMode::kNone
                                                        : sandbox::NetworkMode::kHost;
  spec.shm_size = job.shop.shm_size;
  spec.mounts = mounts.points;
  return spec;
}

void execute(Job& job, const plan::RunOp& op, Workspace& workspace, progress::VertexScope& scope) {
  StepMounts mounts = open_run_mounts(job, op);
  mounts.add("/etc/hosts", job.shop.etc->open_hosts(op.extra_hosts), sandbox::MountKind::kClone,
             true);
  mounts.add("/etc/resolv.conf", job.shop.etc->open_resolv_conf(), sandbox::MountKind::kClone,
             true);
  if (op.script) add_script(job, *op.script, mounts);
  sandbox::SandboxSpec spec = make_spec(job, op, mounts);

  sys::Pipe out = sys::make_pipe(), err = sys::make_pipe();
  sandbox::StepFds fds;
  fds.in = sys::open_path("/dev/null", O_RDONLY);
  fds.out = std::move(out.write_end);
  fds.err = std::move(err.write_end);
  fds.mounts = std::move(mounts.fds);
  sys::Fd upper = workspace.open_upper();
  sandbox::StubPicture stubs = sandbox::make_mount_points(workspace.root(), upper, spec, fds);
  fds.root = workspace.release_tree();

  sys::ExitStatus status;
  {
    sandbox::Step step = job.shop.launcher.run(spec, std::move(fds));
    std::stop_callback kill(job.stop, [&step] { step.kill(); });
    forward_output(
        std::move(out.read_end), std::move(err.read_end),
        [&](progress::Stream stream, std::string_view text) { scope.log(stream, text); });
    status = step.wait();
  }
  if (job.asked_to_stop()) throw Error(ErrorKind::kCancelled, "cancelled");
  if (!status.ok()) throw_failed(op, status);
  sandbox::remove_stubs(upper, stubs);
}

}  // namespace

StepResult run_exec(Job& job, const plan::RunOp& op, progress::VertexScope& scope) {
  const Digest& parent = job.parent().key;
  cache::CacheKey definition =
      cache::run_key(op, job.plan.platform, parent, mount_definitions(job, op));
  if (auto hit = find_cached(job, definition)) return *hit;
  cache::CacheKey key = cache::run_key(op, job.plan.platform, parent, mount_contents(job, op));
  std::optional<StepResult> result = find_cached(job, key);
  if (!result) {
    Workspace workspace(job.shop.store, job.parent().snapshot);
    execute(job, op, workspace, scope);
    result = commit(job, workspace, key);
  }
  remember(job, definition, *result);
  return *result;
}

}  // namespace cairn::solver
