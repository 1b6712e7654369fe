// SPDX-License-Identifier: Apache-2.0
//
// Logins from where docker and podman keep them: config.json, auth.json, and the credential helpers
// they name. Files are read when a login is first needed and never written. Thread-safe once set
// up.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"

namespace cairn::registry {

struct Login {
  std::string username = {};
  std::string password = {};
  std::string identity_token = {};  // exchanged for tokens by OAuth
  std::string registry_token = {};  // used as a bearer token directly
  std::string source = {};          // for messages: the file or helper
};

class Credentials {
 public:
  // Runs `docker-credential-NAME get` with `server` on stdin; nullopt if it has no login.
  using Helper =
      std::function<std::optional<std::string>(const std::string& name, const std::string& server)>;

  // No files: all access is anonymous.
  Credentials() = default;
  explicit Credentials(std::vector<std::string> files, Helper helper = run_helper);
  // The files in order: REGISTRY_AUTH_FILE; $DOCKER_CONFIG or ~/.docker; then those of podman,
  // buildah and skopeo: $XDG_RUNTIME_DIR/containers/auth.json, or /run/containers/UID/auth.json
  // without that variable, and the configuration directory. `uid` is the caller's id outside our
  // user namespace.
  static std::vector<std::string> default_files(uid_t uid);

  // Text of a config.json with precedence over all files (DOCKER_AUTH_CONFIG); `source` names it in
  // messages.
  void set_config(std::string text, std::string source);
  // A login with precedence over everything else, for these registries, or for all if none are set.
  void set_login(Login login) { given_ = std::move(login); }
  void keep_login_to(std::vector<std::string> registries) { given_for_ = std::move(registries); }

  // The login for "host" or "host/namespace/repository": the longest key within a file wins, and
  // the first file with a match. The login given by the user is not used for mirrors, which it was
  // not meant for. Throws kRegistry for a malformed entry or a failing helper.
  enum class Given { kUse, kIgnore };
  std::optional<Login> find(const std::string& registry, const std::string& repository,
                            Given given = Given::kUse) const;
  // The files that were searched, for messages.
  const std::vector<std::string>& files() const { return files_; }

 private:
  std::optional<Login> find_given(const std::string& registry) const;
  static std::optional<std::string> run_helper(const std::string& name, const std::string& server);
  std::optional<Login> find_in(const std::string& file, const Json& config,
                               const std::string& registry, const std::string& repository) const;
  std::optional<Login> ask_helper(const std::string& name, const std::string& registry) const;

  std::vector<std::string> files_;
  std::string config_text_;
  std::string config_source_;
  std::optional<Login> given_;
  std::vector<std::string> given_for_;
  Helper helper_;
  mutable std::mutex mutex_;  // helpers may prompt the user: one at a time, once each
  mutable std::map<std::string, std::optional<Login>> known_;
};

}  // namespace cairn::registry
