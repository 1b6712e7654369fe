// SPDX-License-Identifier: Apache-2.0
#include "registry/credentials.h"

#include <algorithm>
#include <cstdlib>

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "base/sys/fd.h"
#include "base/sys/process.h"
#include "base/text.h"

namespace cairn::registry {
namespace {

constexpr std::size_t kMaxFile = 4 << 20;
constexpr std::string_view kHubKey = "https://index.docker.io/v1/";

std::string variable(const char* name) {
  const char* value = ::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// "https://host/v1/" and "host" are the same key; "host/ns" stays.
std::string normal_key(std::string_view key) {
  bool had_scheme = false;
  for (std::string_view scheme : {"https://", "http://"}) {
    if (!key.starts_with(scheme)) continue;
    key.remove_prefix(scheme.size());
    had_scheme = true;
  }
  if (had_scheme) key = key.substr(0, key.find('/'));
  std::string out(key);
  if (out == "index.docker.io" || out == "registry-1.docker.io") return "docker.io";
  return out;
}

std::string text_at(const Json& json, const char* key) {
  if (!json.is_object()) return {};
  auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// "host/a/b", "host/a", "host": from the longest.
std::vector<std::string> candidate_keys(const std::string& registry,
                                        const std::string& repository) {
  std::vector<std::string> keys;
  std::string key = registry + "/" + repository;
  for (; key.size() > registry.size(); key.resize(key.rfind('/'))) keys.push_back(key);
  keys.push_back(registry);
  return keys;
}

std::optional<Login> login_of(const Json& entry, const std::string& file) {
  Login login{.username = text_at(entry, "username"),
              .password = text_at(entry, "password"),
              .identity_token = text_at(entry, "identitytoken"),
              .registry_token = text_at(entry, "registrytoken"),
              .source = file};
  if (std::string auth = text_at(entry, "auth"); !auth.empty()) {
    auto decoded = decode_base64(auth);
    std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
    if (colon == std::string::npos) {
      throw Error::of(ErrorKind::kRegistry, "{}: an \"auth\" is not base64 of user:password", file);
    }
    login.username = decoded->substr(0, colon);
    login.password = decoded->substr(colon + 1);
  }
  bool empty =
      login.username.empty() && login.identity_token.empty() && login.registry_token.empty();
  if (empty) return std::nullopt;  // docker leaves {} for hosts whose login a helper keeps
  return login;
}

}  // namespace

Credentials::Credentials(std::vector<std::string> files, Helper helper)
    : files_(std::move(files)), helper_(std::move(helper)) {}

std::vector<std::string> Credentials::default_files() {
  std::string home = variable("HOME");
  auto or_else = [](std::string first, std::string second) {
    return first.empty() ? second : first;
  };
  std::vector<std::string> files;
  if (std::string file = variable("REGISTRY_AUTH_FILE"); !file.empty()) files.push_back(file);
  files.push_back(or_else(variable("DOCKER_CONFIG"), home + "/.docker") + "/config.json");
  if (std::string dir = variable("XDG_RUNTIME_DIR"); !dir.empty()) {
    files.push_back(dir + "/containers/auth.json");
  }
  files.push_back(or_else(variable("XDG_CONFIG_HOME"), home + "/.config") +
                  "/containers/auth.json");
  return files;
}

std::optional<Login> Credentials::find(const std::string& registry,
                                       const std::string& repository) const {
  std::lock_guard lock(mutex_);
  auto [known, fresh] = known_.try_emplace(registry + "/" + repository);
  if (!fresh) return known->second;
  for (const std::string& file : files_) {
    std::optional<std::string> text = sys::find_file(file, kMaxFile);
    if (!text) continue;
    Json config = parse_json(*text, file);
    known->second = find_in(file, config, registry, repository);
    if (known->second) break;
  }
  return known->second;
}

std::optional<Login> Credentials::find_in(const std::string& file, const Json& config,
                                          const std::string& registry,
                                          const std::string& repository) const {
  if (!config.is_object()) return std::nullopt;
  if (auto helpers = config.find("credHelpers"); helpers != config.end() && helpers->is_object()) {
    for (const auto& entry : helpers->items()) {
      if (normal_key(entry.key()) != registry || !entry.value().is_string()) continue;
      return ask_helper(entry.value().get<std::string>(), registry);
    }
  }
  std::map<std::string, const Json*> keys;
  if (auto auths = config.find("auths"); auths != config.end() && auths->is_object()) {
    for (const auto& entry : auths->items()) keys.emplace(normal_key(entry.key()), &entry.value());
  }
  for (const std::string& key : candidate_keys(registry, repository)) {
    auto found = keys.find(key);
    if (found == keys.end()) continue;
    if (auto login = login_of(*found->second, file)) return login;
  }
  std::string store = text_at(config, "credsStore");
  return store.empty() ? std::nullopt : ask_helper(store, registry);
}

std::optional<Login> Credentials::ask_helper(const std::string& name,
                                             const std::string& registry) const {
  if (name.find('/') != std::string::npos) {
    throw Error::of(ErrorKind::kRegistry, "credential helper \"{}\" is no plain name", name);
  }
  std::string server = registry == "docker.io" ? std::string(kHubKey) : registry;
  std::optional<std::string> answer = helper_(name, server);
  if (!answer) return std::nullopt;
  std::string source = "docker-credential-" + name;
  Json json = parse_json(*answer, source);
  Login login{.username = text_at(json, "Username"), .source = source};
  std::string secret = text_at(json, "Secret");
  if (secret.empty()) return std::nullopt;
  (login.username == "<token>" ? login.identity_token : login.password) = secret;
  return login;
}

std::optional<std::string> Credentials::run_helper(const std::string& name,
                                                   const std::string& server) {
  sys::CommandResult result = sys::run_command({"docker-credential-" + name, "get"}, server + "\n");
  if (result.status.ok()) return result.output;
  // The helpers say "credentials not found in native keychain" on stdout and fail.
  if (result.output.find("not found") != std::string::npos) return std::nullopt;
  throw Error::of(ErrorKind::kRegistry, "docker-credential-{} failed: {}", name,
                  trim(result.output + result.errors));
}

}  // namespace cairn::registry
