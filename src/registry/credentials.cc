// SPDX-License-Identifier: Apache-2.0
//
// Keys are normalized first, as files hold both "https://index.docker.io/v1/" and "docker.io".
// Within a file the order is docker's: a helper for this host (credHelpers), the entries (auths),
// then the default helper (credsStore). Answers are cached per repository, misses included.
#include "registry/credentials.h"

#include <algorithm>

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "base/sys/fd.h"
#include "base/sys/process.h"
#include "base/text.h"

namespace cairn::registry {
namespace {

constexpr std::size_t kMaxAuthFile = 4 << 20;
constexpr std::string_view kHubKey = "https://index.docker.io/v1/";  // docker's key for Docker Hub

// "https://host/v1/" and "host" are the same key; "host/namespace" is kept.
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

// "host/a/b", "host/a", "host": longest first.
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
  if (empty) return std::nullopt;  // docker leaves {} if a helper keeps the login
  return login;
}

}  // namespace

Credentials::Credentials(std::vector<std::string> files, Helper helper)
    : files_(std::move(files)), helper_(std::move(helper)) {}

std::vector<std::string> Credentials::default_files(uid_t uid) {
  std::string home = sys::environment_variable("HOME");
  auto or_else = [](std::string first, std::string second) {
    return first.empty() ? second : first;
  };
  std::vector<std::string> files;
  if (std::string file = sys::environment_variable("REGISTRY_AUTH_FILE"); !file.empty())
    files.push_back(file);
  files.push_back(or_else(sys::environment_variable("DOCKER_CONFIG"), home + "/.docker") +
                  "/config.json");
  if (std::string dir = sys::environment_variable("XDG_RUNTIME_DIR"); !dir.empty()) {
    files.push_back(dir + "/containers/auth.json");
  } else {
    files.push_back("/run/containers/" + std::to_string(uid) + "/auth.json");
  }
  files.push_back(or_else(sys::environment_variable("XDG_CONFIG_HOME"), home + "/.config") +
                  "/containers/auth.json");
  return files;
}

std::optional<Login> Credentials::find(const std::string& registry, const std::string& repository,
                                       Given given) const {
  std::lock_guard lock(mutex_);
  if (given == Given::kUse) {
    if (std::optional<Login> login = find_given(registry)) return login;
  }
  auto [known, fresh] = known_.try_emplace(registry + "/" + repository);
  if (!fresh) return known->second;
  if (!config_text_.empty()) {
    Json config = parse_json(config_text_, config_source_);
    known->second = find_in(config_source_, config, registry, repository);
    if (known->second) return known->second;
  }
  for (const std::string& file : files_) {
    std::optional<std::string> text = sys::find_file(file, kMaxAuthFile);
    if (!text) continue;
    Json config = parse_json(*text, file);
    known->second = find_in(file, config, registry, repository);
    if (known->second) break;
  }
  return known->second;
}

void Credentials::set_config(std::string text, std::string source) {
  config_text_ = std::move(text);
  config_source_ = std::move(source);
}

std::optional<Login> Credentials::find_given(const std::string& registry) const {
  if (!given_) return std::nullopt;
  bool here = given_for_.empty() || std::ranges::find(given_for_, registry) != given_for_.end();
  return here ? given_ : std::nullopt;
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
  // A path would run any program that a config file names.
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
  // docker's protocol for an identity token.
  (login.username == "<token>" ? login.identity_token : login.password) = secret;
  return login;
}

std::optional<std::string> Credentials::run_helper(const std::string& name,
                                                   const std::string& server) {
  sys::CommandResult result = sys::run_command({"docker-credential-" + name, "get"}, server + "\n");
  if (result.status.ok()) return result.output;
  // Helpers print "credentials not found in native keychain" to stdout and fail.
  if (result.output.find("not found") != std::string::npos) return std::nullopt;
  throw Error::of(ErrorKind::kRegistry, "docker-credential-{} failed: {}", name,
                  trim(result.output + result.errors));
}

}  // namespace cairn::registry
