// SPDX-License-Identifier: Apache-2.0
//
// What commands share: settings from flags and environment, and the parts of the engine, opened in
// the order the kernel needs: namespace, launcher, then everything that may start threads. A
// Session belongs to one thread, apart from stop().
#pragma once

#include <sys/types.h>

#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/display/progress_output.h"
#include "cli/registry_options.h"
#include "exec/sandbox_executor.h"
#include "output/layers.h"
#include "registry/client.h"
#include "registry/curl_transport.h"
#include "sandbox/builder_namespace.h"
#include "sandbox/launcher.h"
#include "sandbox/network.h"
#include "snapshots/snapshotter.h"
#include "store/store.h"

namespace cairn::cli {

struct Settings {
  std::string root;      // of the store; may be empty only for a command that needs no store
  std::string progress;  // --progress of the command
  std::string isolation;
  std::string require_isolation;
  bool ignore_owners = false;  // give files of owners without an id here to root
  RegistryOptions registry;
};

// The store's default place; throws kUsage for a user without a home.
std::string default_root();

// Declares the options that every command has, with their environment variables.
void declare_settings(CLI::App& app, Settings& settings);

// Ctrl-C, SIGTERM and SIGHUP as a stop token: the first signal requests a stop, the second ends the
// process at once. There is one for the process.
class Interruption {
 public:
  Interruption();
  static std::stop_token token();
  static int signal();  // the signal that came, or 0
};

// Proof that this process is in the builder's namespace and that everything made on the way works.
// Only Session::enter_namespaces() returns one, so a function that takes an Entered, or one of its
// parts, cannot run outside the namespace.
class Entered {
 public:
  const sandbox::BuilderNamespace& builder() const { return builder_; }
  // Throws kBug for a command that did not declare that it runs steps.
  const sandbox::Launcher& launcher() const;
  std::string rungs() const;  // "I2 S0 N0", for the build header; "" without a launcher

 private:
  friend class Session;
  explicit Entered(sandbox::BuilderNamespace builder) : builder_(std::move(builder)) {}

  sandbox::BuilderNamespace builder_;
  std::optional<sandbox::Rungs> rungs_;
  std::unique_ptr<sandbox::Networks> networks_;
  std::optional<sandbox::Launcher> launcher_;
};

class Session {
 public:
  // Enters and opens what `command` needs. Must be made before any thread.
  Session(Settings settings, const Command& command, Needs needs);

  // Enters the namespaces; kLauncherOnDemand puts that off until the first call. Call it before any
  // thread that outlives it starts, and before files of other ids are touched, mounts are made or a
  // server is asked. It costs some milliseconds, which a fully cached build can save. If the host
  // refuses, throws that error, and the same error at every later call: there is no second try.
  // Throws kBug for a command that did not declare the need.
  const Entered& enter_namespaces();
  bool has_entered() const { return entered_.has_value(); }
  ~Session();

  const Settings& settings() const { return settings_; }
  store::Store& store() { return *store_; }
  snapshots::Snapshotter& snapshotter() { return *snapshotter_; }
  // Layers that are made are told to `sink`, if there is one.
  output::LayerStore layers(progress::Sink* sink = nullptr) {
    return {*store_, *snapshotter_, sink};
  }
  // Like enter_namespaces(), for a command whose steps have private networks: the first one is made
  // while we enter. Prints a note if steps must use the host's network. Borrowed; null is never
  // returned.
  sandbox::Networks* connect();
  // What runs steps; enters the namespaces. `networks` comes from connect(); if it is null, private
  // networks are the host's. Must not outlive the session.
  std::unique_ptr<exec::SandboxExecutor> make_executor(sandbox::Networks* networks);
  std::stop_token stop() const;
  // The umask that cairn was started with, for outputs. Files of the store have modes of their own.
  mode_t user_umask() const { return user_umask_; }

  // The command's progress, made at the first call.
  ProgressOutput& progress();
  registry::Client& client();
  // Limits --creds to these registries, [HOST[:PORT]]. Call it before the first of them is asked.
  void keep_login_to(std::vector<std::string> registries);
  registry::Transport& transport();
  // The rules that client() and transport() use. An output may add that its registry is insecure.
  registry::HostRules& host_rules();

 private:
  class EnteringTransport;
  Entered enter_builder();

  registry::Credentials& credentials();

  Settings settings_;
  Needs needs_;
  const uid_t caller_;  // the user's id, taken before entering any namespace
  bool wants_network_ = false;
  mode_t user_umask_ = 022;
  std::optional<Entered> entered_;
  std::exception_ptr refusal_;  // why enter_namespaces() failed
  std::optional<Interruption> interruption_;
  std::optional<store::Store> store_;
  std::unique_ptr<snapshots::Snapshotter> snapshotter_;  // borrows store_
  std::unique_ptr<ProgressOutput> progress_;
  std::unique_ptr<registry::HostRules> rules_;
  std::unique_ptr<registry::Transport> transport_;
  std::unique_ptr<registry::Credentials> credentials_;
  std::unique_ptr<registry::Client> client_;
};

}  // namespace cairn::cli
