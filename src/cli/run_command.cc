// SPDX-License-Identifier: Apache-2.0
//
// cairn run: an image's command in the sandbox that builds use, in the foreground, on a root whose
// changes are thrown away. Enough to try what was built; it is no container engine.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cstdlib>

#include "base/attempt.h"
#include "base/error.h"
#include "base/sys/terminal.h"
#include "base/text.h"
#include "cli/session.h"
#include "cli/streams.h"
#include "cli/terminal.h"
#include "solver/fetch/unpack_image.h"
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
  std::string network = "default";
  std::string platform;
  std::optional<std::string> entrypoint;
  bool interactive = false;
  bool tty = false;
  bool read_only = false;
};

// docker's rule: arguments replace CMD, --entrypoint replaces ENTRYPOINT and drops CMD.
std::vector<std::string> command_line(const RunFlags& flags, const oci::ImageConfig& config) {
  // The image's own line comes first, then the flags replace parts of it.
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
  // "KEY" alone passes our own variable on, if it is set.
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
exec::StepMount open_volume(const std::string& text) {
  std::vector<std::string> parts = split(text, ':');
  bool read_only = parts.size() == 3 && parts[2] == "ro";
  if (parts.size() < 2 || parts.size() > 3 || !parts[1].starts_with('/') ||
      (parts.size() == 3 && parts[2] != "ro" && parts[2] != "rw")) {
    throw Error::of(ErrorKind::kUsage, "--volume {}: not of the form DIR:/TARGET[:ro]", text);
  }
  return {.point = {.target = parts[1], .read_only = read_only},
          .fd = sys::open_path(parts[0], O_PATH)};
}

// "bridge" is docker's name for its default network.
exec::StepNetwork network_of(const RunFlags& flags) {
  if (flags.network == "none") return exec::StepNetwork::kNone;
  if (flags.network == "host") return exec::StepNetwork::kHost;
  return exec::StepNetwork::kPrivate;
}

exec::StepSpec make_spec(const RunFlags& flags, const oci::ImageConfig& config,
                         snapshots::ActiveSnapshot& root) {
  exec::StepSpec spec{.network = network_of(flags), .root = &root};
  sandbox::SandboxSpec& command = spec.sandbox;
  command.argv = command_line(flags, config);
  command.env = config.env;
  for (const std::string& setting : flags.env) set_variable(command.env, setting);
  command.cwd = !flags.workdir.empty() ? flags.workdir : config.working_dir;
  if (command.cwd.empty()) command.cwd = "/";
  command.user = !flags.user.empty() ? flags.user : config.user;
  command.hostname = flags.hostname;
  command.tty = flags.tty;
  command.read_only_root = flags.read_only;
  for (const std::string& volume : flags.volumes) spec.mounts.push_back(open_volume(volume));
  return spec;
}

// Passes a stop request on as SIGTERM. A second signal ends us, and the command with us
// (Interruption).
class SignalRelay {
 public:
  SignalRelay(const sandbox::RunningStep& step, std::stop_token stop)
      : callback_(std::move(stop), [&step] { step.send(SIGTERM); }) {}

 private:
  std::stop_callback<std::function<void()>> callback_;
};

sys::ExitStatus run_step(Session& session, const RunFlags& flags, exec::StepSpec spec) {
  std::optional<sys::PseudoTerminal> terminal;
  CommandStreams streams;
  exec::SandboxExecutor::Streams theirs;
  if (flags.tty) {
    terminal = sys::open_pseudo_terminal();
    theirs.in = sys::duplicate(terminal->slave);
    theirs.out = sys::duplicate(terminal->slave);
    theirs.err = std::move(terminal->slave);
  } else {
    streams = make_command_streams(theirs, flags.interactive ? Input::kOurs : Input::kNone);
  }
  bool is_private = spec.network == exec::StepNetwork::kPrivate;
  auto executor = session.make_executor(is_private ? session.connect() : nullptr);
  exec::SandboxExecutor::Started started = executor->start(spec, std::move(theirs), print_note);
  sandbox::RunningStep& step = started.step;
  SignalRelay relay(step, session.stop());
  if (terminal) {
    sys::RawTerminal raw;
    bool is_read = relay_terminal(terminal->master, step.channel(), flags.interactive);
    // Hangs up the command's terminal, which sends it SIGHUP.
    if (!is_read) terminal->master.reset();
  } else {
    relay_streams(std::move(streams));
  }
  sys::ExitStatus status = step.wait();
  if (step.refused_nodes().count > 0) print_note(text(step.refused_nodes()));
  return status;
}

int run(Session& session, const RunFlags& flags) {
  if (network_of(flags) == exec::StepNetwork::kPrivate)
    session.connect();  // the network is made while the image is looked up
  oci::Platform platform =
      flags.platform.empty() ? oci::Platform::host() : oci::Platform::parse(flags.platform);
  store::Store& store = session.store();
  source::Images images(store, session.client(), session.progress(), source::Pull::kWhenMissing);
  source::FoundImage image = images.find_any(flags.image, platform);
  store::SnapshotId snapshot = store::SnapshotId::empty_root();
  {
    // Progress is worth showing only if something is pulled.
    progress::NullSink silent;
    progress::Sink& sink =
        image.is_local ? static_cast<progress::Sink&>(silent) : session.progress();
    snapshot =
        progress::run_vertex(sink, "unpacking " + flags.image, [&](progress::VertexScope& scope) {
          return solver::unpack_image(session.enter_namespaces().builder(), store,
                                      session.snapshotter(), images, image, scope,
                                      solver::Fetch::kMissingSnapshots, session.stop());
        });
  }
  session.progress().finish();
  auto active = session.snapshotter().prepare(snapshot);
  int status = 0;
  std::optional<Error> failure = failure_of([&] {
    status = run_step(session, flags, make_spec(flags, image.config, *active)).shell_code();
  });
  if (!failure) return status;
  if (failure->kind() != ErrorKind::kStep) throw *failure;
  // A command that cannot start is a failure of the step, and has the exit code docker gives it.
  print_error(*failure);
  return sandbox::command_exit_code(*failure);
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
  command
      ->add_option("--network,--net", flags->network,
                   "default (a network of its own), host or none")
      ->check(CLI::IsMember({"host", "none", "default", "bridge"}));
  command->add_option("--platform", flags->platform, "os/arch[/variant] to pull");
  command->add_flag("--read-only", flags->read_only, "a root that cannot be written to");
  command->add_flag_callback(
      "--rm", [] {}, "implied: nothing is kept");
  command->positionals_at_end();
  command->prefix_command();
  return {command, Needs::kLauncher, [flags, command](Session& session) {
            // Everything after the image belongs to the command, options too.
            for (std::string& word : command->remaining()) flags->command.push_back(word);
            return run(session, *flags);
          }};
}

}  // namespace cairn::cli
