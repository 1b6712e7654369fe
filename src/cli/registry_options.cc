// SPDX-License-Identifier: Apache-2.0
//
// CLI11 writes the texts into RegistryOptions. Functions of that struct alone interpret them
// afterwards, so tests need no command line. Files and directories that were named but do not exist
// are refused before any server is asked.
#include "cli/registry_options.h"

#include <fcntl.h>
#include <CLI/CLI.hpp>

#include <cstdlib>

#include "base/error.h"
#include "base/sys/file.h"

namespace cairn::cli {

void declare_registry_options(CLI::App& app, RegistryOptions& options) {
  auto hosts = [&app](const char* name, std::vector<std::string>& to, const char* help,
                      const char* variable) {
    app.add_option(name, to, help)->envname(variable)->allow_extra_args(false)->delimiter(',');
  };
  hosts("--registry-mirror", options.mirrors, "ask this server first, HOST=URL (repeatable)",
        "CAIRN_REGISTRY_MIRROR");
  hosts("--insecure-registry", options.insecure,
        "registry that may speak plain HTTP or show any certificate, HOST[:PORT] (repeatable)",
        "CAIRN_INSECURE_REGISTRY");
  hosts("--token-server", options.token_servers,
        "token server that may have the registry's login, HOST[:PORT] (repeatable)",
        "CAIRN_TOKEN_SERVER");
  app.add_flag_function(
      "--tls-verify", [&options](std::int64_t count) { options.verify_tls = count > 0; },
      "verify the certificates of registries (default: true)");
  app.add_option("--cert-dir", options.cert_dir,
                 "directory of *.crt, *.cert and *.key for registries, instead of certs.d");
  app.add_option("--authfile", options.authfile,
                 "file of logins, instead of those of docker and "
                 "podman");
  app.add_option("--creds", options.creds, "login at the registry, USER:PASSWORD");
}

registry::HostSettings host_settings(const RegistryOptions& options) {
  registry::HostSettings settings{.verify_tls = options.verify_tls,
                                  .cert_dir = options.cert_dir,
                                  .insecure = options.insecure,
                                  .token_servers = options.token_servers};
  registry::add_default_places(settings);
  if (!options.cert_dir.empty() && !sys::find_path(options.cert_dir, O_PATH | O_DIRECTORY)) {
    throw Error::of(ErrorKind::kUsage, "--cert-dir: there is no directory {}", options.cert_dir);
  }
  return settings;
}

std::unique_ptr<registry::Credentials> make_credentials(const RegistryOptions& options, uid_t uid) {
  std::vector<std::string> files = {options.authfile};
  // The caller's id, not ours: in a user namespace we look like root.
  if (options.authfile.empty()) {
    files = registry::Credentials::default_files(uid);
  } else if (!sys::find_path(options.authfile, O_PATH)) {
    throw Error::of(ErrorKind::kUsage, "--authfile: there is no file {}", options.authfile);
  }
  auto credentials = std::make_unique<registry::Credentials>(std::move(files));
  const char* config = ::getenv("DOCKER_AUTH_CONFIG");
  // An explicit file wins over the variable.
  if (options.authfile.empty() && config != nullptr && *config != '\0') {
    credentials->set_config(config, "DOCKER_AUTH_CONFIG");
  }
  if (options.creds.empty()) return credentials;
  std::size_t colon = options.creds.find(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == options.creds.size()) {
    throw Error(ErrorKind::kUsage, "--creds is not USER:PASSWORD");
  }
  credentials->set_login({.username = options.creds.substr(0, colon),
                          .password = options.creds.substr(colon + 1),
                          .source = "--creds"});
  return credentials;
}

}  // namespace cairn::cli
