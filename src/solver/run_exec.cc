// SPDX-License-Identifier: Apache-2.0
//
// RUN: a fresh sandbox over the parent's snapshots; what the command leaves in the upper directory
// is the new snapshot.
#include <fcntl.h>
#include <sys/resource.h>

#include "base/error.h"
#include "base/text.h"
#include "sandbox/foreign.h"
#include "sandbox/mount_points.h"
#include "sandbox/rlimits.h"
#include "solver/etc_files.h"
#include "solver/explain_exit.h"
#include "solver/run_mounts.h"
#include "solver/step_output.h"

namespace cairn::solver {
namespace {

// What a failed command came to; `why` is known when the command could not even be started.
[[noreturn]] void throw_failed(const plan::RunOp& op, sys::ExitStatus status,
                               const std::string& why, const std::string& hint) {
  throw Error::of(ErrorKind::kStep, "process {} did not complete successfully: {}{}",
                  go_quote(join(op.argv, " ")), exit_text(status), why.empty() ? "" : ": " + why)
      .with_hint(hint);
}

// A shell says "not found" of a program whose loader is missing, so that is looked into.
std::string hint_for(const plan::RunOp& op, const Workspace& workspace, sys::ExitStatus status) {
  if (status.code != 126 && status.code != 127) return "";
  try {
    Workspace::Look look = workspace.look();
    return explain_not_found(look.root, op.argv, op.env, op.cwd);
  } catch (const Error&) {
    return "";  // no hint is worth the message it belongs to
  }
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

std::uint64_t limit_of(std::int64_t value) {
  return value < 0 ? RLIM_INFINITY : static_cast<std::uint64_t>(value);
}

sandbox::SandboxSpec make_spec(const Job& job, const plan::RunOp& op, const StepMounts& mounts) {
  sandbox::SandboxSpec spec;
  spec.argv = op.argv;
  spec.env = op.env;
  spec.env.insert(spec.env.end(), op.proxy_env.begin(), op.proxy_env.end());
  for (std::string& variable : secret_variables(job, op)) spec.env.push_back(std::move(variable));
  spec.cwd = op.cwd;
  spec.user = op.user;
  if (!op.hostname.empty()) spec.hostname = op.hostname;
  spec.network = op.network == plan::NetworkMode::kNone ? sandbox::NetworkMode::kNone
                                                        : sandbox::NetworkMode::kHost;
  spec.insecure = op.security == plan::SecurityMode::kInsecure;
  if (op.shm_size != 0) spec.shm_size = op.shm_size;
  for (const plan::Ulimit& limit : op.ulimits) {
    spec.rlimits.push_back({.resource = sandbox::find_rlimit(limit.name).value(),
                            .soft = limit_of(limit.soft),
                            .hard = limit_of(limit.hard)});
  }
  spec.mounts = mounts.points;
  return spec;
}

// First what every step has, so that a mount of the line may cover it.
StepMounts open_mounts(Job& job, const plan::RunOp& op, Workspace& workspace) {
  StepMounts mounts;
  std::string hostname = op.hostname.empty() ? sandbox::SandboxSpec().hostname : op.hostname;
  mounts.add("/etc/hosts", job.shop.etc->open_hosts(hostname, op.extra_hosts),
             sandbox::MountKind::kClone, true);
  mounts.add("/etc/resolv.conf", job.shop.etc->open_resolv_conf(), sandbox::MountKind::kClone,
             true);
  if (op.script) add_script(job, *op.script, mounts);
  open_run_mounts(job, op, workspace.root(), mounts);
  return mounts;
}

// How the command ended. One that cannot be executed ended as a shell would have: 126 or 127.
sys::ExitStatus run_step(const Job& job, const plan::RunOp& op, const sandbox::SandboxSpec& spec,
                         sandbox::StepFds fds, const progress::VertexScope& scope) {
  sys::Pipe out = sys::make_pipe(), err = sys::make_pipe();
  fds.in = sys::open_path("/dev/null", O_RDONLY);
  fds.out = std::move(out.write_end);
  fds.err = std::move(err.write_end);
  try {
    sandbox::Step step = job.shop.launcher->run(spec, std::move(fds));
    std::stop_callback kill(job.stop, [&step] { step.kill(); });
    forward_output(
        std::move(out.read_end), std::move(err.read_end),
        [&](progress::Stream stream, std::string_view text) { scope.log(stream, text); });
    return step.wait();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kStep) throw;
    throw_failed(op, {.code = sandbox::command_exit_code(error)}, error.message(), error.hint());
  }
}

void execute(Job& job, const plan::RunOp& op, Workspace& workspace, progress::VertexScope& scope) {
  StepMounts mounts = open_mounts(job, op, workspace);
  sandbox::SandboxSpec spec = make_spec(job, op, mounts);
  sandbox::StepFds fds;
  fds.mounts = std::move(mounts.fds);
  sys::Fd upper = workspace.open_upper();
  sandbox::StubPicture stubs = sandbox::make_mount_points(workspace.root(), upper, spec, fds);
  fds.root = workspace.release_tree();
  sys::ExitStatus status = run_step(job, op, spec, std::move(fds), scope);
  if (job.asked_to_stop()) throw Error(ErrorKind::kCancelled, "cancelled");
  if (!status.ok()) throw_failed(op, status, "", hint_for(op, workspace, status));
  sandbox::remove_stubs(upper, stubs);
}

// A command of another architecture would fail with words that nobody understands.
void refuse_foreign(const oci::Platform& platform) {
  if (platform.architecture.empty()) return;  // the image does not say
  oci::Platform host = oci::Platform::host();
  bool same = platform.os == host.os && platform.architecture == host.architecture;
  if (same || (platform.os == host.os && sandbox::can_execute(platform.architecture))) return;
  throw Error::of(ErrorKind::kHost, "RUN needs {}, and this host ({}) cannot execute that",
                  platform, host)
      .with_hint(
          "install an emulator as a binfmt_misc handler with flag F (Debian: qemu-user-static with "
          "binfmt-support), or cross-compile in a stage FROM --platform=$BUILDPLATFORM");
}

}  // namespace

std::optional<StepResult> recall_exec(const Job& job, const plan::RunOp& op) {
  if (mounts_client_files(job, op)) return std::nullopt;
  return find_cached(job, cache::run_key(op, job.parent().key, mount_definitions(job, op)));
}

StepResult run_exec(Job& job, const plan::RunOp& op, progress::VertexScope& scope) {
  const Digest& parent = job.parent().key;
  cache::CacheKey definition = cache::run_key(op, parent, mount_definitions(job, op));
  cache::CacheKey key = cache::run_key(op, parent, mount_contents(job, op));
  std::optional<sys::PassingLock> ours = claim(job, key, scope);
  std::optional<StepResult> result = find_cached(job, key);
  if (!result) {
    refuse_foreign(op.platform);
    Workspace workspace(job.shop.store, job.parent().snapshot);
    execute(job, op, workspace, scope);
    result = commit(job, workspace, key);
  }
  remember(job, definition, *result);
  return *result;
}

}  // namespace cairn::solver
