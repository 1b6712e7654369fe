// SPDX-License-Identifier: Apache-2.0
//
// The options for reaching registries and logging in; every command takes them. Their names are
// those of podman and buildah where those have one.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "registry/credentials.h"
#include "registry/host_rules.h"

namespace CLI {
class App;
}

namespace cairn::cli {

struct RegistryOptions {
  std::vector<std::string> mirrors;        // --registry-mirror HOST=URL
  std::vector<std::string> insecure;       // --insecure-registry HOST[:PORT]
  std::vector<std::string> token_servers;  // --token-server HOST[:PORT]
  bool verify_tls = true;                  // --tls-verify
  std::string cert_dir;                    // --cert-dir
  std::string authfile;                    // --authfile
  std::string creds;                       // --creds USER:PASSWORD
};

// Declares the options and their environment variables. `options` must outlive the app.
void declare_registry_options(CLI::App& app, RegistryOptions& options);

// Adds the default places of docker and of containers-certs.d(5). Both throw kUsage for values that
// make no sense and for files that do not exist.
registry::HostSettings host_settings(const RegistryOptions& options);
std::unique_ptr<registry::Credentials> make_credentials(const RegistryOptions& options, uid_t uid);

}  // namespace cairn::cli
