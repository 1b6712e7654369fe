// SPDX-License-Identifier: Apache-2.0
//
// A registry names the server that hands out its tokens, and whoever controls that name gets the
// password (CVE-2020-15157 and its many relatives). So: https, or loopback for a loopback registry;
// the login goes only to the registry's own site; no redirects; no private address on a public
// registry's word.
#include "registry/internal/authorizer.h"

#include <algorithm>

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"

namespace cairn::registry {
namespace {

constexpr std::size_t kMaxTokenAnswer = 1 << 20;
constexpr double kDefaultLife = 60;  // seconds, by the specification
constexpr double kMargin = 5;

std::string basic_header(const Login& login) {
  return "Basic " + encode_base64(login.username + ":" + login.password);
}

std::string key_of(const Endpoint& endpoint, const std::string& what) {
  return endpoint.base.origin() + " " + what;
}

// A token goes into a header line: what could end that line is refused.
bool header_safe(const std::string& token) {
  return !token.empty() && std::ranges::all_of(token, [](char c) { return c > 0x20 && c < 0x7f; });
}

const Challenge* choose(const std::vector<Challenge>& challenges, bool have_login) {
  const Challenge* basic = nullptr;
  for (const Challenge& challenge : challenges) {
    if (challenge.scheme == "bearer") return &challenge;
    if (challenge.scheme == "basic" && have_login) basic = &challenge;
  }
  return basic;
}

}  // namespace

std::string scope_of(const std::string& repository, Access access, const std::string& mount_from) {
  std::string scope = "repository:" + repository;
  scope += access == Access::kPush ? ":pull,push" : ":pull";
  if (!mount_from.empty()) scope += " repository:" + mount_from + ":pull";
  return scope;
}

Realm check_realm(const Endpoint& endpoint, const std::string& text) {
  std::optional<Url> url = Url::find(text);
  auto refuse = [&](std::string_view why) {
    return Error::of(ErrorKind::kRegistry, "{} asks for a token from \"{}\": {}",
                     endpoint.base.origin(), clean_text(text, 200), why);
  };
  if (!url) throw refuse("this is no plain http(s) address");
  bool both_local = endpoint.base.loopback() && url->loopback();
  if (url->scheme != "https" && !both_local) throw refuse("tokens are fetched over https only");
  return {.url = *url, .trusted = both_local || same_site(endpoint.base.host, url->host)};
}

std::string Authorizer::login_source(const Endpoint& endpoint,
                                     const std::string& repository) const {
  auto login = credentials_.find(endpoint.registry, repository);
  return login ? login->source : std::string();
}

std::optional<std::string> Authorizer::header(const Endpoint& endpoint,
                                              const std::string& repository,
                                              const std::string& scope) {
  std::lock_guard lock(mutex_);
  if (auto token = tokens_.find(key_of(endpoint, scope)); token != tokens_.end()) {
    if (monotonic_seconds() < token->second.expires) return "Bearer " + token->second.value;
    tokens_.erase(token);
  }
  if (auto basic = basic_.find(key_of(endpoint, repository)); basic != basic_.end()) {
    return basic->second;
  }
  return std::nullopt;
}

bool Authorizer::learn(const Endpoint& endpoint, const std::string& repository,
                       const std::string& scope, const Response& response, std::stop_token stop) {
  std::vector<Challenge> challenges;
  for (const std::string& header : response.headers.find_all("WWW-Authenticate")) {
    for (Challenge& challenge : parse_challenges(header))
      challenges.push_back(std::move(challenge));
  }
  std::optional<Login> login = credentials_.find(endpoint.registry, repository);
  bool named = login && !login->username.empty() && !login->password.empty();
  const Challenge* challenge = choose(challenges, named);
  if (challenge == nullptr) return false;
  if (challenge->scheme == "basic") {
    std::lock_guard lock(mutex_);
    return basic_.emplace(key_of(endpoint, repository), basic_header(*login)).second;
  }
  auto token = fetch_token(endpoint, *challenge, login, scope, response.reach, stop);
  if (!token) return false;
  std::lock_guard lock(mutex_);
  tokens_.insert_or_assign(key_of(endpoint, scope), std::move(*token));
  return true;
}

Request Authorizer::token_request(const Url& realm, const Challenge& challenge,
                                  const std::optional<Login>& login,
                                  const std::string& scope) const {
  Request request{.url = realm};
  std::string service = challenge.param("service");
  // Our own scope, not the challenge's: a server cannot widen what the token is good for.
  std::string query;
  for (const std::string& one : split(scope, ' ')) {
    query += (query.empty() ? "scope=" : "&scope=") + percent_encode(one);
  }
  if (!service.empty()) query = "service=" + percent_encode(service) + "&" + query;
  if (login && !login->identity_token.empty()) {
    request.method = Method::kPost;
    request.headers.set("Content-Type", "application/x-www-form-urlencoded");
    request.body = "grant_type=refresh_token&client_id=cairn&" + query +
                   "&refresh_token=" + percent_encode(login->identity_token);
    return request;
  }
  if (login && !login->username.empty()) {
    request.headers.set("Authorization", basic_header(*login));
    query += "&account=" + percent_encode(login->username);
  }
  request.url.target += (request.url.target.find('?') == std::string::npos ? "?" : "&") + query;
  return request;
}

std::optional<Authorizer::Token> Authorizer::fetch_token(const Endpoint& endpoint,
                                                         const Challenge& challenge,
                                                         const std::optional<Login>& login,
                                                         const std::string& scope, Reach reach,
                                                         std::stop_token stop) {
  if (login && !login->registry_token.empty()) {
    return Token{.value = login->registry_token, .expires = monotonic_seconds() + 3600};
  }
  Realm realm = check_realm(endpoint, challenge.param("realm"));
  if (login && !realm.trusted) {
    throw Error::of(ErrorKind::kRegistry, "{} wants its login sent to {}, another site: refused",
                    endpoint.base.origin(), realm.url.origin())
        .with_hint("the login came from " + login->source);
  }
  Request request = token_request(realm.url, challenge, login, scope);
  request.public_only = reach == Reach::kPublic && realm.url.origin() != endpoint.base.origin();
  request.stop = stop;
  Response response = transport_.send(request);
  if (response.failure) throw unreachable(realm.url, *response.failure);
  if (response.status == 401 || response.status == 403) return std::nullopt;
  if (!response.ok()) {
    throw http_error(response, {.what = "token for " + scope, .image = scope, .login = ""});
  }
  Json json = parse_json(read_body(response, kMaxTokenAnswer), "the token server's answer");
  auto text = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_string()
               ? json[key].get<std::string>()
               : std::string();
  };
  std::string value = text("token").empty() ? text("access_token") : text("token");
  if (!header_safe(value)) {
    throw Error::of(ErrorKind::kRegistry, "{} answered without a usable token", realm.url.origin());
  }
  double life = kDefaultLife;
  if (json.contains("expires_in") && json["expires_in"].is_number()) {
    life = std::clamp(json["expires_in"].get<double>(), kDefaultLife, 86400.0);
  }
  return Token{.value = value, .expires = monotonic_seconds() + life - kMargin};
}

}  // namespace cairn::registry
