// SPDX-License-Identifier: Apache-2.0
//
// Logins, where docker and podman keep them: config.json and auth.json, and the credential helpers
// those name. Read at the first question, never written, and given out for the host they are for.
#pragma once

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
  std::string identity_token = {};  // to be exchanged for tokens by OAuth
  std::string registry_token = {};  // a token as it is
  std::string source = {};          // for messages: the file, or the helper
};

class Credentials {
 public:
  // Runs docker-credential-NAME get with `server` on its stdin; nothing when it knows none.
  using Helper =
      std::function<std::optional<std::string>(const std::string& name, const std::string& server)>;

  // No files: everyone is anonymous.
  Credentials() = default;
  explicit Credentials(std::vector<std::string> files, Helper helper = run_helper);
  // REGISTRY_AUTH_FILE, $DOCKER_CONFIG or ~/.docker, then the places of podman.
  static std::vector<std::string> default_files();

  // The login for "host" or, better, "host/namespace/repository": the longest key wins within a
  // file, and the first file that has any wins over the rest. Safe from any thread.
  std::optional<Login> find(const std::string& registry, const std::string& repository) const;
  // Where was looked, for the message that says there was nothing.
  const std::vector<std::string>& files() const { return files_; }

 private:
  static std::optional<std::string> run_helper(const std::string& name, const std::string& server);
  std::optional<Login> find_in(const std::string& file, const Json& config,
                               const std::string& registry, const std::string& repository) const;
  std::optional<Login> ask_helper(const std::string& name, const std::string& registry) const;

  std::vector<std::string> files_;
  Helper helper_;
  mutable std::mutex mutex_;  // helpers may ask a person: one at a time, and once
  mutable std::map<std::string, std::optional<Login>> known_;
};

}  // namespace cairn::registry
