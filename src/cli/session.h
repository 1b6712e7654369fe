// SPDX-License-Identifier: Apache-2.0
//
// What commands share: settings from flags and environment, and the parts they are made of, opened
// in the order the kernel needs – namespace, launcher, then everything that may start threads.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/display.h"
#include "registry/client.h"
#include "registry/curl_transport.h"
#include "sandbox/builder_namespace.h"
#include "sandbox/launcher.h"
#include "store/store.h"

namespace cairn::cli {

struct Settings {
  std::string root;      // ROOT of the store; only a command that needs none may leave it empty
  std::string progress;  // --progress of the command that runs
  std::string isolation;
  std::string require_isolation;
  std::vector<std::string> registry_mirrors;  // HOST=URL
};

// Where the store is when nobody says; kUsage for a user without a home.
std::string default_root();

// Declares the options that every command knows, with their environment variables.
void declare_settings(CLI::App& app, Settings& settings);

// Ctrl-C and SIGTERM as a stop token: the first asks, the second ends the process at once.
class Interruption {
 public:
  Interruption();
  static std::stop_token token();
  static int signal();  // that came, or 0
};

class Session {
 public:
  // Enters and opens what `needs` says. To be made before any thread.
  Session(Settings settings, Needs needs);

  // What kLauncherLater put off; nothing at a second call. Before any thread that outlives it, and
  // before files of other ids are touched, mounts made, or a server is asked. It costs some
  // milliseconds, which a build that finds all it wants in the cache need not spend.
  void enter();
  ~Session();

  const Settings& settings() const { return settings_; }
  store::Store& store() { return *store_; }
  // Null unless it was needed and started.
  const sandbox::Launcher* launcher() const { return launcher_ ? &*launcher_ : nullptr; }
  std::string rungs() const;  // "I2 S0 N0", for the build header
  std::stop_token stop() const;

  // The display of this command, made at the first call; `progress` overrides the settings'.
  Display& display();
  registry::Client& client();
  registry::Transport& transport();

 private:
  class EnteringTransport;
  void enter_builder(Needs needs);

  Settings settings_;
  bool is_put_off_ = false;
  std::optional<sandbox::BuilderNamespace> builder_;
  std::optional<sandbox::Rungs> rungs_;
  std::optional<sandbox::Launcher> launcher_;
  std::optional<Interruption> interruption_;
  std::optional<store::Store> store_;
  std::unique_ptr<Display> display_;
  std::unique_ptr<registry::Transport> transport_;
  std::unique_ptr<registry::Credentials> credentials_;
  std::unique_ptr<registry::Client> client_;
};

}  // namespace cairn::cli
