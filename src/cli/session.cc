// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "base/error.h"
#include "base/sys/fd.h"
#include "base/text.h"

namespace cairn::cli {
namespace {

// The rung that --isolation and --require-isolation may name. Only one is there yet, so a wish for
// another fails closed.
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

// Waits for signals on a thread of its own, so that the stop callbacks run in ordinary code.
void watch_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  int signal = 0;
  while (::sigwait(&set, &signal) == 0) {
    if (caught.exchange(signal) != 0) ::_exit(128 + signal);  // the second time: now
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
  app.add_option("--registry-mirror", settings.registry_mirrors,
                 "ask this server first, HOST=URL (repeatable)")
      ->envname("CAIRN_REGISTRY_MIRROR")
      ->allow_extra_args(false)
      ->delimiter(',');
}

Interruption::Interruption() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::thread(watch_signals).detach();
}
std::stop_token Interruption::token() {
  return stop_source().get_token();
}
int Interruption::signal() {
  return caught.load();
}

Session::Session(Settings settings, Needs needs) : settings_(std::move(settings)) {
  if (needs == Needs::kNothing) return;
  ::umask(022);
  ::signal(SIGPIPE, SIG_IGN);
  wished_isolation(settings_);  // what cannot be wished for is told at once
  if (needs == Needs::kLauncherLater) {
    is_put_off_ = true;
  } else {
    enter_builder(needs);
  }
  store_.emplace(store::Store::open(settings_.root));
}

Session::~Session() {
  if (display_) display_->finish();
}

void Session::enter() {
  if (!is_put_off_) return;
  is_put_off_ = false;
  enter_builder(Needs::kLauncher);
  store_->empty_tmp();
  if (display_) display_->begin("cairn " + rungs());
  for (const std::string& note : builder_->notes) print_note(note);
}

// In the order the kernel needs: namespaces while there is one thread, then the launcher, then
// threads.
void Session::enter_builder(Needs needs) {
  if (needs >= Needs::kBuilder) {
    sandbox::Wishes wishes{.identity = {}, .isolation = wished_isolation(settings_), .store = {}};
    builder_ = sandbox::enter_builder_namespace(wishes);
    if (needs >= Needs::kLauncher) {
      store::TmpPlace place = store::open_tmp(settings_.root);
      wishes.store = place.path;
      sandbox::probe_steps(builder_->probe, wishes.store);
      rungs_ = sandbox::choose(builder_->probe, wishes);
      launcher_.emplace(sandbox::Launcher::start(*builder_));
    }
  }
  interruption_.emplace();
}

std::string Session::rungs() const {
  return rungs_ ? sandbox::text(*rungs_) : "";
}

std::stop_token Session::stop() const {
  return Interruption::token();
}

Display& Session::display() {
  if (!display_) {
    std::string progress = settings_.progress;
    const char* fallback = ::getenv("BUILDKIT_PROGRESS");
    if (progress.empty() && fallback != nullptr) progress = fallback;
    display_ = make_display(parse_progress_mode(progress));
    if (!is_put_off_) display_->begin("");
  }
  return *display_;
}

// Asking a server takes threads of libcurl's.
class Session::EnteringTransport final : public registry::Transport {
 public:
  explicit EnteringTransport(Session& session) : session_(session) {}
  registry::Response send(const registry::Request& request) override {
    session_.enter();
    return transport_.send(request);
  }

 private:
  Session& session_;
  registry::CurlTransport transport_;
};

registry::Transport& Session::transport() {
  if (!transport_) transport_ = std::make_unique<EnteringTransport>(*this);
  return *transport_;
}

registry::Client& Session::client() {
  if (!client_) {
    registry::ClientSettings settings{.mirrors = {}, .stop = stop(), .sleep = {}};
    for (const std::string& mirror : settings_.registry_mirrors) settings.mirrors.add(mirror);
    credentials_ = std::make_unique<registry::Credentials>(registry::Credentials::default_files());
    client_ = std::make_unique<registry::Client>(transport(), *credentials_, display(),
                                                 std::move(settings));
  }
  return *client_;
}

}  // namespace cairn::cli
