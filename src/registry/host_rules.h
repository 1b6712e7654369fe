// SPDX-License-Identifier: Apache-2.0
//
// Rules about hosts: which registries may lack TLS or a trusted certificate, which CAs and client
// certificates apply to which host, and which token servers are trusted. Sources: the command line,
// SSL_CERT_FILE and SSL_CERT_DIR as Go reads them, certs.d of docker and of containers
// (HOST:PORT/{*.crt,*.cert,*.key}), and `insecure` of containers-registries.conf(5). Files are read
// when a host is first asked about. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "registry/url.h"

namespace cairn::registry {

struct HostSettings {
  bool verify_tls = true;                  // --tls-verify
  std::string cert_dir = {};               // --cert-dir: for all registries, instead of certs.d
  std::vector<std::string> insecure = {};  // --insecure-registry: HOST[:PORT]
  std::vector<std::string> token_servers = {};  // --token-server: HOST[:PORT]
  // Directories with subdirectories HOST:PORT; the first that has one for a host is used.
  std::vector<std::string> certs_dirs = {};
  std::vector<std::string> registries_confs = {};  // the first that exists is used
};

// Adds the default places of docker and containers, from HOME, XDG_CONFIG_HOME and
// CONTAINERS_REGISTRIES_CONF.
void add_default_places(HostSettings& settings);

// Paths and PEM text for libcurl; empty means libcurl's default.
struct Certificates {
  std::string authorities_file = {};  // replaces the system's bundle
  std::string authorities = {};       // PEM text, system CAs included; preferred to the file
  std::string client_certificate = {};
  std::string client_key = {};
};

class HostRules {
 public:
  HostRules() = default;  // only loopback hosts are special
  explicit HostRules(HostSettings settings) : settings_(std::move(settings)) {}

  // Whether a registry at this host may use plain HTTP or an untrusted certificate: loopback hosts,
  // as in docker, and those that the user named.
  bool is_insecure(const Url& url) const;
  // Makes `registry`, HOST[:PORT], insecure from now on.
  void allow_insecure(const std::string& registry);
  bool is_token_server(const Url& url) const;
  // Throws kUsage for a directory with a certificate but no key or the reverse, as docker does, and
  // for files that cannot be read.
  Certificates certificates(const Url& url) const;
  // Where a CA certificate for this host is looked for first; for hints.
  static std::string own_place(const Url& url);

 private:
  Certificates read_certificates(const Url& url) const;
  std::optional<std::string> directory_of(const Url& url) const;

  HostSettings settings_;
  mutable std::mutex mutex_;
  mutable std::optional<std::vector<std::string>> conf_;  // insecure by registries.conf
  mutable std::map<std::string, Certificates> known_;     // by host:port
};

}  // namespace cairn::registry
