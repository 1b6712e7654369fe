// SPDX-License-Identifier: Apache-2.0
//
// CAs are PEM texts joined to one, which libcurl takes from memory. Those of a host are added to
// the system's, as in docker, and do not replace them. What was read for a host is cached for the
// life of the object. A file that the user named must exist; a default place need not.
#include "registry/host_rules.h"

#include <fcntl.h>

#include <algorithm>

#include "base/error.h"
#include "base/sys/file.h"
#include "base/sys/process.h"
#include "base/text.h"
#include "registry/internal/registries_conf.h"

namespace cairn::registry {
namespace {

std::string path_of(const std::string& directory, const std::string& name) {
  return fmt::format("{}/{}", directory, name);
}

constexpr std::size_t kMaxPemFile = 4 << 20;  // bytes
constexpr std::size_t kMaxPemFiles = 1000;    // per directory

// CA bundles of the distributions we know; the same list as in Go.
constexpr const char* kBundles[] = {"/etc/ssl/certs/ca-certificates.crt",
                                    "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
                                    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                                    "/etc/ssl/cert.pem"};

std::string host_port(const Url& url) {
  bool v6 = url.host.find(':') != std::string::npos;
  return (v6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
}

// "host" matches any port, "host:port" only that port.
bool names(const std::string& pattern, const Url& url) {
  std::string wanted = to_lower(pattern);
  std::string host = host_port(url);
  if (wanted == host) return true;
  return host.substr(0, host.rfind(':')) == wanted;
}

std::string read_pem(const std::string& path, const std::string& why) {
  std::optional<std::string> text = sys::find_file(path, kMaxPemFile);
  if (!text) throw Error::of(ErrorKind::kUsage, "{} names {}, which is not there", why, path);
  return *text + "\n";
}

std::vector<std::string> files_of(const std::string& directory) {
  std::optional<sys::Fd> dir = sys::find_path(directory, O_RDONLY | O_DIRECTORY);
  std::vector<std::string> names;
  if (!dir) return names;
  for (const sys::DirEntry& entry : sys::list_dir(*dir)) names.push_back(entry.name);
  std::sort(names.begin(), names.end());
  return names;
}

// All files of the directories in SSL_CERT_DIR; like Go, without requiring hashed names.
std::string read_directories(const std::string& list) {
  std::string pem;
  for (const std::string& directory : split(list, ':')) {
    std::vector<std::string> names = files_of(directory);
    if (names.size() > kMaxPemFiles) names.resize(kMaxPemFiles);
    for (const std::string& name : names) {
      std::optional<sys::Fd> file = sys::find_path(path_of(directory, name), O_RDONLY | O_NONBLOCK);
      if (!file || !S_ISREG(sys::stat_of(*file).st_mode)) continue;
      std::string text = sys::read_all(*file, kMaxPemFile);
      if (text.find("-----BEGIN") != std::string::npos) pem += text + "\n";
    }
  }
  return pem;
}

std::string system_authorities() {
  if (std::string file = sys::environment_variable("SSL_CERT_FILE"); !file.empty()) {
    return read_pem(file, "SSL_CERT_FILE");
  }
  for (const char* path : kBundles) {
    if (auto text = sys::find_file(path, kMaxPemFile)) return *text + "\n";
  }
  return {};
}

struct HostDirectory {
  std::string authorities;
  std::string certificate;
  std::string key;
};

// As in docker: *.crt are CAs, and each *.cert has a *.key.
HostDirectory read_directory(const std::string& path) {
  HostDirectory found;
  std::vector<std::string> names = files_of(path);
  auto has = [&](const std::string& name) {
    return std::binary_search(names.begin(), names.end(), name);
  };
  for (const std::string& name : names) {
    std::string stem = name.substr(0, name.rfind('.'));
    if (name.ends_with(".crt")) {
      found.authorities += read_pem(path_of(path, name), "certs.d");
    } else if (name.ends_with(".cert")) {
      if (!has(stem + ".key")) {
        throw Error::of(ErrorKind::kUsage, "{}/{} has no key {}.key beside it", path, name, stem)
            .with_hint("the certificate of an authority is called *.crt");
      }
      if (!found.certificate.empty()) continue;
      found.certificate = path_of(path, name);
      found.key = fmt::format("{}/{}.key", path, stem);
    } else if (name.ends_with(".key") && !has(stem + ".cert")) {
      throw Error::of(ErrorKind::kUsage, "{}/{} has no certificate {}.cert beside it", path, name,
                      stem);
    }
  }
  return found;
}

}  // namespace

void add_default_places(HostSettings& settings) {
  std::string home = sys::environment_variable("HOME");
  std::string config = sys::environment_variable("XDG_CONFIG_HOME");
  if (config.empty()) config = home + "/.config";
  settings.certs_dirs = {config + "/containers/certs.d", config + "/docker/certs.d",
                         "/etc/containers/certs.d", "/etc/docker/certs.d"};
  if (std::string named = sys::environment_variable("CONTAINERS_REGISTRIES_CONF"); !named.empty()) {
    settings.registries_confs = {named};
  } else {
    settings.registries_confs = {config + "/containers/registries.conf",
                                 "/etc/containers/registries.conf"};
  }
}

bool HostRules::is_insecure(const Url& url) const {
  if (!settings_.verify_tls || url.loopback()) return true;
  std::lock_guard lock(mutex_);
  auto named = [&](const std::string& pattern) { return names(pattern, url); };
  if (std::ranges::any_of(settings_.insecure, named)) return true;
  if (!conf_) conf_ = insecure_hosts(settings_.registries_confs);
  return std::ranges::any_of(*conf_, named);
}

void HostRules::allow_insecure(const std::string& registry) {
  std::lock_guard lock(mutex_);
  settings_.insecure.push_back(registry);
}

bool HostRules::is_token_server(const Url& url) const {
  return std::ranges::any_of(settings_.token_servers,
                             [&](const std::string& pattern) { return names(pattern, url); });
}

std::string HostRules::own_place(const Url& url) {
  return "~/.config/containers/certs.d/" + host_port(url) + "/ca.crt";
}

std::optional<std::string> HostRules::directory_of(const Url& url) const {
  if (!settings_.cert_dir.empty()) return settings_.cert_dir;
  std::string full = host_port(url);
  std::vector<std::string> names = {full};
  // The default port may be left out of the directory's name.
  if (url.port == 443) names.push_back(full.substr(0, full.rfind(':')));
  if (url.host == "registry-1.docker.io") names.emplace_back("docker.io");
  for (const std::string& place : settings_.certs_dirs) {
    for (const std::string& name : names) {
      std::string path = path_of(place, name);
      if (sys::find_path(path, O_PATH | O_DIRECTORY)) return path;
    }
  }
  return std::nullopt;
}

Certificates HostRules::certificates(const Url& url) const {
  std::lock_guard lock(mutex_);
  std::string host = host_port(url);
  auto known = known_.find(host);
  if (known == known_.end()) known = known_.emplace(host, read_certificates(url)).first;
  return known->second;
}

Certificates HostRules::read_certificates(const Url& url) const {
  Certificates out;
  HostDirectory own;
  if (std::optional<std::string> directory = directory_of(url)) own = read_directory(*directory);
  // Client certificates go to libcurl as paths, CAs as text.
  out.client_certificate = own.certificate;
  out.client_key = own.key;
  std::string more = read_directories(sys::environment_variable("SSL_CERT_DIR"));
  // libcurl takes one source of CAs, so additions need the system's bundle as text too.
  if (!own.authorities.empty() || !more.empty()) {
    out.authorities = system_authorities() + more + own.authorities;
  } else if (std::string file = sys::environment_variable("SSL_CERT_FILE"); !file.empty()) {
    read_pem(file, "SSL_CERT_FILE");
    out.authorities_file = file;
  }
  return out;
}

}  // namespace cairn::registry
