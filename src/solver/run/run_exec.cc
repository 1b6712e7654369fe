// SPDX-License-Identifier: Apache-2.0
//
// RUN: a fresh sandbox over the parent's snapshot; the upper directory becomes the new snapshot.
// The result has two keys: one made of the keys of mounted stages, which a lookup needs no file
// for, and one of the content of what is mounted, so that a stage that ran again with the same
// files still hits.
#include <fcntl.h>
#include <sys/resource.h>

#include "base/attempt.h"
#include "base/error.h"
#include "base/text.h"
#include "sandbox/foreign.h"
#include "sandbox/launcher.h"
#include "sandbox/rlimits.h"
#include "solver/run/explain_exit.h"
#include "solver/run/run_mounts.h"

namespace cairn::solver {
namespace {

// Throws the error of a failed command. `why` is set if the command could not be started at all.
[[noreturn]] void throw_failed(const plan::RunOp& op, sys::ExitStatus status,
                               const std::string& why, const std::string& hint) {
  throw Error::of(ErrorKind::kStep, "process {} did not complete successfully: {}{}",
                  go_quote(join(op.argv, " ")), exit_text(status), why.empty() ? "" : ": " + why)
      .with_hint(hint);
}

// A shell reports "not found" for a program whose loader is missing, so look for that case.
std::string hint_for(const plan::RunOp& op, const ActiveSnapshot& active, sys::ExitStatus status) {
  if (status.code != 126 && status.code != 127) return "";
  // No hint is worth the message it belongs to.
  auto explain = [&] { return explain_not_found(active.view()->root(), op.argv, op.env, op.cwd); };
  return if_possible(explain).value_or("");
}

// Mounts the script of a heredoc (H02) read-only below /dev, where it needs no stub in the layer.
void add_script(RunJob& job, const plan::InlineFile& script, StepMounts& mounts) {
  auto dir = std::make_shared<sys::TempDir>(job.services.store.tmp_dir(), "script-");
  sys::chmod_fd(sys::open_path(dir->path(), O_RDONLY), 0755);
  std::size_t slash = script.name.rfind('/');
  {
    sys::Fd file =
        sys::open_path(dir->path() + script.name.substr(slash), O_WRONLY | O_CREAT, 0700);
    sys::write_all(file, script.content);
    sys::chmod_fd(file, 0755);
  }
  mounts.add(script.name.substr(0, slash), sys::open_path(dir->path(), O_PATH | O_DIRECTORY),
             sandbox::MountKind::kClone, MountAccess::kReadOnly);
  mounts.alive.push_back(dir);
}

std::uint64_t limit_of(std::int64_t value) {
  return value < 0 ? RLIM_INFINITY : static_cast<std::uint64_t>(value);
}

sandbox::SandboxSpec command_of(const Job& job, const plan::RunOp& op) {
  sandbox::SandboxSpec spec;
  spec.argv = op.argv;
  spec.env = op.env;
  spec.env.insert(spec.env.end(), op.proxy_env.begin(), op.proxy_env.end());
  for (std::string& variable : secret_variables(job, op)) spec.env.push_back(std::move(variable));
  spec.cwd = op.cwd;
  spec.user = op.user;
  if (!op.hostname.empty()) spec.hostname = op.hostname;
  spec.insecure = op.security == plan::SecurityMode::kInsecure;
  if (op.shm_size != 0) spec.shm_size = op.shm_size;
  for (const plan::Ulimit& limit : op.ulimits) {
    spec.rlimits.push_back({.resource = sandbox::find_rlimit(limit.name).value(),
                            .soft = limit_of(limit.soft),
                            .hard = limit_of(limit.hard)});
  }
  return spec;
}

exec::StepNetwork network_of(const plan::RunOp& op) {
  switch (op.network) {
    case plan::NetworkMode::kNone: return exec::StepNetwork::kNone;
    case plan::NetworkMode::kHost: return exec::StepNetwork::kHost;
    case plan::NetworkMode::kDefault: break;
  }
  return exec::StepNetwork::kPrivate;
}

exec::ExtraHosts hosts_of(const plan::RunOp& op) {
  exec::ExtraHosts hosts = op.extra_hosts;
  for (auto& [name, address] : hosts) {
    if (address == plan::kHostGateway) address.clear();
  }
  return hosts;
}

progress::ResourceUse use_of(const rusage& usage) {
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return {.user_seconds = seconds(usage.ru_utime),
          .system_seconds = seconds(usage.ru_stime),
          .peak_memory = std::int64_t{usage.ru_maxrss} << 10};  // Linux counts KiB, getrusage(2)
}

// A command that cannot be executed ends as in a shell: with 126 or 127.
exec::StepOutcome run_command(const RunJob& job, const plan::RunOp& op, exec::StepSpec spec,
                              const progress::VertexScope& scope) {
  exec::StepEvents events{
      .output = [&](progress::Stream stream, std::string_view text) { scope.log(stream, text); },
      .note = [&](const std::string& text) { scope.warn(text); }};
  auto fail = [&](const Error& error) {
    if (error.kind() != ErrorKind::kStep) return;
    throw_failed(op, {.code = sandbox::command_exit_code(error)}, error.message(), error.hint());
  };
  return amend(fail, [&] { return job.run.executor.run(std::move(spec), events, job.stop); });
}

void execute(RunJob& job, const plan::RunOp& op, ActiveSnapshot& active,
             progress::VertexScope& scope) {
  StepMounts mounts;
  if (op.script) add_script(job, *op.script, mounts);
  open_run_mounts(job, op, active.root(), mounts);
  exec::StepSpec spec{.sandbox = command_of(job, op),
                      .network = network_of(op),
                      .extra_hosts = hosts_of(op),
                      .mounts = std::move(mounts.list),
                      .root = &active};
  exec::StepOutcome outcome = run_command(job, op, std::move(spec), scope);
  if (outcome.usage) job.notes.use = use_of(*outcome.usage);
  if (outcome.refused_nodes.count > 0) {
    scope.log(progress::Stream::kStderr, fmt::format("cairn: {}\n", text(outcome.refused_nodes)));
  }
  if (job.asked_to_stop()) throw Error(ErrorKind::kCancelled, "cancelled");
  if (!outcome.status.ok()) {
    throw_failed(op, outcome.status, "", hint_for(op, active, outcome.status));
  }
}

// Fails early for a foreign architecture: execve(2) would only say "exec format error".
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

std::optional<StepResult> lookup_exec(const Job& job, const plan::RunOp& op) {
  if (mounts_client_files(job, op)) return std::nullopt;
  return find_cached(job, cache::run_key(op, job.parent().key, mount_definitions(job, op)),
                     mount_sources(job, op));
}

StepResult run_exec(RunJob& job, const plan::RunOp& op, progress::VertexScope& scope) {
  const StepKey& parent = job.parent().key;
  cache::CacheKey definition = cache::run_key(op, parent, mount_definitions(job, op));
  cache::CacheKey key = cache::run_key(op, parent, mount_contents(job, op));
  std::optional<sys::LockFile> ours = lock_step(job, key, scope);
  std::optional<StepResult> result = find_cached(job, key);
  if (!result) {
    refuse_foreign(op.platform);
    std::unique_ptr<ActiveSnapshot> active =
        job.services.snapshotter.prepare(job.parent().snapshot);
    execute(job, op, *active, scope);
    result = commit(job, *active, key);
  }
  add_alias(job, definition, *result, mount_sources(job, op));
  return *result;
}

}  // namespace cairn::solver
