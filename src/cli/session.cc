// SPDX-License-Identifier: Apache-2.0
//
// Two orders matter here. A process may enter a user namespace only while it has one thread
// (user_namespaces(7)), and the launcher must be started before there are more. So signals,
// sweeping and the transport, which all have threads, start after entering; under kLauncherOnDemand
// they wait for it. Everything else is made at its first use.
#include "cli/session.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "base/attempt.h"
#include "base/error.h"
#include "base/sys/fd.h"
#include "base/text.h"
#include "snapshots/overlay_snapshotter.h"

namespace cairn::cli {
namespace {

// The rung named by --isolation or --require-isolation. Only S0 exists yet, so the choice of
// another fails.
std::optional<sandbox::Isolation> wished_isolation(const Settings& settings) {
  for (const std::string* wish : {&settings.isolation, &settings.require_isolation}) {
    if (wish->empty() || *wish == "auto" || *wish == "default") continue;
    for (auto rung : {sandbox::Isolation::kS0, sandbox::Isolation::kS0r, sandbox::Isolation::kS1,
                      sandbox::Isolation::kS2, sandbox::Isolation::kS3, sandbox::Isolation::kS4}) {
      if (equal_fold(*wish, sandbox::name(rung))) return rung;
    }
    throw Error::of(ErrorKind::kUsage, "isolation \"{}\" is none of S0, S0r, S1, S2, S3, S4",
                    *wish);
  }
  return std::nullopt;
}

// --- signals ---

std::stop_source& stop_source() {
  static std::stop_source source;
  return source;
}
std::atomic<int> caught{0};

// E.g. SIGHUP under nohup(1). sigwait(2) would deliver it all the same, because it is blocked.
bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

// Waits for signals on a thread of its own, so that stop callbacks run in ordinary code and not in
// a signal handler.
void watch_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  if (!is_ignored(SIGHUP)) sigaddset(&set, SIGHUP);
  int signal = 0;
  while (::sigwait(&set, &signal) == 0) {
    if (caught.exchange(signal) != 0) ::_exit(128 + signal);  // the second signal: at once
    stop_source().request_stop();
  }
}

}  // namespace

std::string default_root() {
  if (::geteuid() == 0) return "/var/lib/cairn";
  if (const char* data = ::getenv("XDG_DATA_HOME"); data != nullptr && data[0] == '/') {
    return std::string(data) + "/cairn";
  }
  const char* home = ::getenv("HOME");
  if (home == nullptr || home[0] != '/') {
    throw Error(ErrorKind::kUsage, "HOME is not set, so there is no place for the store")
        .with_hint("name one with --root DIR or CAIRN_ROOT");
  }
  return std::string(home) + "/.local/share/cairn";
}

void declare_settings(CLI::App& app, Settings& settings) {
  app.add_option("--root", settings.root, "directory of the store")->envname("CAIRN_ROOT");
  app.add_option("--isolation", settings.isolation, "isolation rung to use (S0), or auto")
      ->envname("CAIRN_ISOLATION");
  app.add_option("--require-isolation", settings.require_isolation,
                 "fail unless steps are isolated at least like this (S0)");
  app.add_flag("--ignore-owners", settings.ignore_owners,
               "where ids are missing, make files of other users root's instead of failing")
      ->envname("CAIRN_IGNORE_OWNERS");
  declare_registry_options(app, settings.registry);
}

Interruption::Interruption() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  // Blocked for all later threads, so that only watch_signals() receives them.
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::thread(watch_signals).detach();
}
std::stop_token Interruption::token() {
  return stop_source().get_token();
}
int Interruption::signal() {
  return caught.load();
}

const sandbox::Launcher& Entered::launcher() const {
  CAIRN_ASSERT(launcher_.has_value(), "a command that runs steps says that it needs a launcher");
  return *launcher_;
}

std::string Entered::rungs() const {
  return rungs_ ? sandbox::text(*rungs_) : "";
}

Session::Session(Settings settings, const Command& command, Needs needs)
    : settings_(std::move(settings)), needs_(needs), caller_(::getuid()) {
  if (needs == Needs::kNothing) return;
  // Fixed modes for the store; the user's umask is applied to outputs only.
  user_umask_ = ::umask(022);
  ::signal(SIGPIPE, SIG_IGN);
  wished_isolation(settings_);  // throws at once for a value that does not exist
  if (needs == Needs::kBuilder || needs == Needs::kLauncher) entered_.emplace(enter_builder());
  // The on-demand case may still have to enter, so no thread may exist yet.
  bool may_have_threads = needs != Needs::kLauncherOnDemand;
  if (may_have_threads) interruption_.emplace();
  store_.emplace(store::Store::open(
      settings_.root, command.reads_only ? store::Access::kMayBeReadOnly : store::Access::kWrite));
  if (may_have_threads) store_->begin_sweeping();
  store_->snapshots().allow_lost_owners(settings_.ignore_owners);
  snapshotter_ = std::make_unique<snapshots::OverlaySnapshotter>(*store_);
}

Session::~Session() {
  if (progress_) progress_->finish();
}

const Entered& Session::enter_namespaces() {
  if (entered_) return *entered_;
  if (refusal_) std::rethrow_exception(refusal_);
  CAIRN_ASSERT(needs_ == Needs::kLauncherOnDemand,
               "a command that enters says so before it begins");
  refusal_ = exception_of([&] { entered_.emplace(enter_builder()); });
  if (refusal_) std::rethrow_exception(refusal_);
  // From here on threads are allowed.
  interruption_.emplace();
  store_->begin_sweeping();
  if (progress_) progress_->begin("cairn " + entered_->rungs());
  for (const std::string& note : entered_->builder().notes) print_note(note);
  return *entered_;
}

// Follows the kernel's order: namespaces while there is one thread, then the launcher, then
// threads.
Entered Session::enter_builder() {
  sandbox::RungRequest request{
      .identity = {}, .isolation = wished_isolation(settings_), .store = {}};
  Entered entered(sandbox::enter_builder_namespace(request));
  if (needs_ < Needs::kLauncher) return entered;
  entered.networks_ = sandbox::Networks::start(entered.builder_);
  if (wants_network_) entered.networks_->prepare();
  std::optional<store::TmpPlace> place;
  if (!store_) place.emplace(store::open_tmp(settings_.root));
  request.store = store_ ? store_->tmp_dir() : place->path();
  // The launcher takes milliseconds to start, so it starts beside the probes. It is given the best
  // isolation; choose() throws if this host needs another.
  constexpr auto kIsolation = sandbox::Isolation::kS0;
  entered.launcher_.emplace(sandbox::Launcher::start(entered.builder_, kIsolation));
  sandbox::probe_steps(entered.builder_.probe, request.store);
  entered.rungs_ = sandbox::choose(entered.builder_.probe, request);
  CAIRN_ASSERT(entered.rungs_->isolation == kIsolation, "the launcher isolates in another way");
  return entered;
}

sandbox::Networks* Session::connect() {
  bool is_first = !wants_network_;
  wants_network_ = true;
  sandbox::Networks* networks = enter_namespaces().networks_.get();
  CAIRN_ASSERT(networks != nullptr, "a command that runs steps says that it needs a launcher");
  if (is_first && !networks->note().empty()) print_note(networks->note());
  networks->prepare();
  return networks;
}

std::unique_ptr<exec::SandboxExecutor> Session::make_executor(sandbox::Networks* networks) {
  return std::make_unique<exec::SandboxExecutor>(enter_namespaces().launcher(), networks,
                                                 store_->tmp_dir());
}

std::stop_token Session::stop() const {
  return Interruption::token();
}

ProgressOutput& Session::progress() {
  if (!progress_) {
    std::string mode = settings_.progress;
    const char* fallback = ::getenv("BUILDKIT_PROGRESS");
    if (mode.empty() && fallback != nullptr) mode = fallback;
    LogPlace logs{.root = settings_.root, .tmp_dir = [this] { return store_->tmp_dir(); }};
    progress_ = std::make_unique<ProgressOutput>(parse_progress_mode(mode), std::move(logs));
    // A display made after entering has missed begin().
    if (has_entered() || needs_ != Needs::kLauncherOnDemand) progress_->begin("");
  }
  return *progress_;
}

// libcurl starts threads when it asks a server, and after that no namespace can be entered. So a
// command that may enter does so first, and if the host refuses, no server is asked.
class Session::EnteringTransport final : public registry::Transport {
 public:
  explicit EnteringTransport(Session& session)
      : session_(session),
        transport_({.rules = &session.host_rules(), .on_silence = say_silent(session)}) {}
  registry::Response send(const registry::Request& request) override {
    if (session_.needs_ >= Needs::kBuilder) session_.enter_namespaces();
    return transport_.send(request);
  }

 private:
  static std::function<void(const std::string&, double)> say_silent(Session& session) {
    return [&progress = session.progress()](const std::string& origin, double limit) {
      progress.send(progress::Warning{
          .vertex = std::nullopt,
          .message =
              fmt::format("{} does not answer; it has {:.0f} seconds in all", origin, limit)});
    };
  }

  Session& session_;
  registry::CurlTransport transport_;
};

registry::Transport& Session::transport() {
  if (!transport_) transport_ = std::make_unique<EnteringTransport>(*this);
  return *transport_;
}

registry::HostRules& Session::host_rules() {
  if (!rules_) rules_ = std::make_unique<registry::HostRules>(host_settings(settings_.registry));
  return *rules_;
}

registry::Credentials& Session::credentials() {
  if (!credentials_) credentials_ = make_credentials(settings_.registry, caller_);
  return *credentials_;
}

registry::Client& Session::client() {
  if (!client_) {
    registry::ClientSettings settings{
        .mirrors = {}, .rules = &host_rules(), .stop = stop(), .sleep = {}};
    for (const std::string& mirror : settings_.registry.mirrors) settings.mirrors.add(mirror);
    client_ = std::make_unique<registry::Client>(transport(), credentials(), progress(),
                                                 std::move(settings));
  }
  return *client_;
}

void Session::keep_login_to(std::vector<std::string> registries) {
  credentials().keep_login_to(std::move(registries));
}

}  // namespace cairn::cli
