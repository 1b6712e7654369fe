// SPDX-License-Identifier: Apache-2.0
//
// cairn run: an image's command in the sandbox that builds use, in the foreground, on a root whose
// changes are thrown away. Enough to try what was built; no container engine.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cstdlib>

#include "base/error.h"
#include "base/sys/terminal.h"
#include "base/text.h"
#include "cli/session.h"
#include "cli/terminal.h"
#include "sandbox/mount_points.h"
#include "solver/etc_files.h"
#include "solver/unpack_image.h"
#include "solver/workspace.h"
#include "source/images.h"

namespace cairn::cli {
namespace {

struct RunFlags {
  std::string image;
  std::vector<std::string> command;
  std::vector<std::string> env;
  std::vector<std::string> volumes;
  std::vector<std::string> add_hosts;
  std::string workdir;
  std::string user;
  std::string hostname = "cairn";
  std::string network = "host";
  std::string platform;
  std::optional<std::string> entrypoint;
  bool interactive = false;
  bool tty = false;
  bool read_only = false;
};

// docker's rule: arguments replace CMD, --entrypoint replaces ENTRYPOINT and drops CMD.
std::vector<std::string> command_line(const RunFlags& flags, const oci::ImageConfig& config) {
  std::vector<std::string> argv = config.entrypoint.value_or(std::vector<std::string>());
  std::vector<std::string> rest = config.cmd.value_or(std::vector<std::string>());
  if (flags.entrypoint) {
    argv.clear();
    if (!flags.entrypoint->empty()) argv.push_back(*flags.entrypoint);
    rest.clear();
  }
  if (!flags.command.empty()) rest = flags.command;
  argv.insert(argv.end(), rest.begin(), rest.end());
  if (argv.empty()) {
    throw Error::of(ErrorKind::kUsage, "{} names no command", flags.image)
        .with_hint("give one: cairn run IMAGE COMMAND");
  }
  return argv;
}

// Later settings of a variable replace earlier ones in place, as docker does.
void set_variable(std::vector<std::string>& env, const std::string& setting) {
  std::string name = setting.substr(0, setting.find('='));
  std::string value = setting;
  if (name == setting) {
    const char* ours = ::getenv(name.c_str());
    if (ours == nullptr) return;
    value += "=" + std::string(ours);
  }
  for (std::string& variable : env) {
    if (variable.starts_with(name + "=")) {
      variable = value;
      return;
    }
  }
  env.push_back(value);
}

// HOST:TARGET[:ro|rw]
void add_volume(const std::string& text, sandbox::SandboxSpec& spec, sandbox::StepFds& fds) {
  std::vector<std::string> parts = split(text, ':');
  bool read_only = parts.size() == 3 && parts[2] == "ro";
  if (parts.size() < 2 || parts.size() > 3 || !parts[1].starts_with('/') ||
      (parts.size() == 3 && parts[2] != "ro" && parts[2] != "rw")) {
    throw Error::of(ErrorKind::kUsage, "--volume {}: not of the form DIR:/TARGET[:ro]", text);
  }
  spec.mounts.push_back(
      {.target = parts[1], .fd_index = fds.mounts.size(), .read_only = read_only});
  fds.mounts.push_back(sys::open_path(parts[0], O_PATH));
}

sandbox::SandboxSpec make_spec(const RunFlags& flags, const oci::ImageConfig& config,
                               sandbox::StepFds& fds, solver::EtcFiles& etc) {
  sandbox::SandboxSpec spec;
  spec.argv = command_line(flags, config);
  spec.env = config.env;
  for (const std::string& setting : flags.env) set_variable(spec.env, setting);
  spec.cwd = !flags.workdir.empty() ? flags.workdir : config.working_dir;
  if (spec.cwd.empty()) spec.cwd = "/";
  spec.user = !flags.user.empty() ? flags.user : config.user;
  spec.hostname = flags.hostname;
  spec.network =
      flags.network == "none" ? sandbox::NetworkMode::kNone : sandbox::NetworkMode::kHost;
  spec.tty = flags.tty;
  spec.read_only_root = flags.read_only;
  for (const std::string& volume : flags.volumes) add_volume(volume, spec, fds);
  for (const char* target : {"/etc/hosts", "/etc/resolv.conf"}) {
    bool is_hosts = std::string_view(target) == "/etc/hosts";
    spec.mounts.push_back({.target = target, .fd_index = fds.mounts.size(), .read_only = true});
    fds.mounts.push_back(is_hosts ? etc.open_hosts(flags.hostname, {}) : etc.open_resolv_conf());
  }
  return spec;
}

// Passes our signals on; the second one ends us (see Interruption), and with us the command.
class SignalRelay {
 public:
  SignalRelay(const sandbox::Step& step, std::stop_token stop)
      : callback_(std::move(stop), [&step] { step.send(SIGTERM); }) {}

 private:
  std::stop_callback<std::function<void()>> callback_;
};

sys::ExitStatus run_step(Session& session, const RunFlags& flags, const sandbox::SandboxSpec& spec,
                         sandbox::StepFds fds) {
  std::optional<sys::PseudoTerminal> terminal;
  if (flags.tty) {
    terminal = sys::open_pseudo_terminal();
    fds.in = sys::duplicate(terminal->slave);
    fds.out = sys::duplicate(terminal->slave);
    fds.err = std::move(terminal->slave);
  } else {
    fds.in =
        flags.interactive ? sys::Fd(::dup(STDIN_FILENO)) : sys::open_path("/dev/null", O_RDONLY);
    fds.out = sys::Fd(::dup(STDOUT_FILENO));
    fds.err = sys::Fd(::dup(STDERR_FILENO));
  }
  sandbox::Step step = session.launcher()->run(spec, std::move(fds));
  SignalRelay relay(step, session.stop());
  if (terminal) {
    sys::RawTerminal raw;
    relay_terminal(terminal->master, step.channel(), flags.interactive);
  }
  return step.wait();
}

int run(Session& session, const RunFlags& flags) {
  oci::Platform platform =
      flags.platform.empty() ? oci::Platform::host() : oci::Platform::parse(flags.platform);
  store::Store& store = session.store();
  source::Images images(store, session.client(), session.display(), source::Pull::kWhenMissing);
  source::FoundImage image = images.find_any(flags.image, platform);
  std::string snapshot;
  {
    progress::NullSink silent;
    progress::Sink& sink =
        image.is_local ? static_cast<progress::Sink&>(silent) : session.display();
    snapshot =
        progress::run_vertex(sink, "unpacking " + flags.image, [&](progress::VertexScope& scope) {
          return solver::unpack_image(store, images, image, scope, solver::Fetch::kMissingSnapshots,
                                      session.stop());
        });
  }
  session.display().finish();
  solver::Workspace workspace(store, snapshot);
  solver::EtcFiles etc(store.tmp_dir());
  sandbox::StepFds fds;
  sandbox::SandboxSpec spec = make_spec(flags, image.config, fds, etc);
  sandbox::make_mount_points(workspace.root(), workspace.open_upper(), spec, fds);
  fds.root = workspace.release_tree();
  try {
    return run_step(session, flags, spec, std::move(fds)).shell_code();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kStep) throw;
    print_error(error);
    return sandbox::command_exit_code(error);
  }
}

}  // namespace

Command declare_run(CLI::App& app) {
  CLI::App* command = app.add_subcommand("run", "run the command of an image");
  auto flags = std::make_shared<RunFlags>();
  command->add_option("IMAGE", flags->image, "name or id")->required()->option_text(" ");
  command->add_option("COMMAND", flags->command, "instead of the image's CMD")->option_text(" ");
  command->add_flag("-i,--interactive", flags->interactive, "pass stdin on");
  command->add_flag("-t,--tty", flags->tty, "give the command a terminal");
  command->add_option("-e,--env", flags->env, "variable, KEY=VALUE or KEY (repeatable)")
      ->allow_extra_args(false);
  command->add_option("-v,--volume", flags->volumes, "DIR:/TARGET[:ro] (repeatable)")
      ->allow_extra_args(false);
  command->add_option("-w,--workdir", flags->workdir, "working directory");
  command->add_option("-u,--user", flags->user, "user[:group]");
  command->add_option("--entrypoint", flags->entrypoint, "instead of the image's ENTRYPOINT");
  command->add_option("--hostname", flags->hostname, "host name inside");
  command->add_option("--network,--net", flags->network, "host (default) or none")
      ->check(CLI::IsMember({"host", "none", "default"}));
  command->add_option("--platform", flags->platform, "os/arch[/variant] to pull");
  command->add_flag("--read-only", flags->read_only, "a root that cannot be written to");
  command->add_flag_callback(
      "--rm", [] {}, "implied: nothing is kept");
  command->positionals_at_end();
  command->prefix_command();
  return {command, Needs::kLauncher, [flags, command](Session& session) {
            // All behind the image belongs to the command, options too.
            for (std::string& word : command->remaining()) flags->command.push_back(word);
            return run(session, *flags);
          }};
}

}  // namespace cairn::cli
