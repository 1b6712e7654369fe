// SPDX-License-Identifier: Apache-2.0
//
// A registry names the server that hands out its tokens, so a malicious registry could ask for the
// password to be sent anywhere (CVE-2020-15157 and relatives). So: https only, or loopback for a
// loopback registry; the login goes only to the registry's own site; no redirects; and a public
// registry cannot name a private address.
#include "registry/internal/authorizer.h"

#include <algorithm>

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "registry/internal/exchange.h"

namespace cairn::registry {
namespace {

constexpr std::size_t kMaxTokenAnswer = 1 << 20;
constexpr double kDefaultLife = 60;  // seconds, by the token specification
constexpr double kMargin = 5;        // seconds; a token must not expire on its way

std::string basic_header(const Login& login) {
  return "Basic " + encode_base64(login.username + ":" + login.password);
}

std::string key_of(const Endpoint& endpoint, const std::string& what) {
  return endpoint.base.origin() + " " + what;
}

// A token becomes part of a header line, so refuse characters that could end the line.
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

Realm check_realm(const Endpoint& endpoint, const std::string& text, const HostRules* rules) {
  std::optional<Url> url = Url::find(text);
  auto refuse = [&](std::string_view why) {
    return Error::of(ErrorKind::kRegistry, "{} asks for a token from \"{}\": {}",
                     endpoint.base.origin(), clean_text(text, 200), why);
  };
  if (!url) throw refuse("this is no plain http(s) address");
  bool named = rules != nullptr && rules->is_token_server(*url);
  bool own = url->host == endpoint.base.host && url->port == endpoint.base.port;
  // "localhost" and "127.0.0.1" are one host if the port is the registry's own.
  bool both_local = endpoint.base.loopback() && url->loopback();
  if (both_local) own = own || url->port == endpoint.base.port;
  if (url->scheme != "https" && !both_local && !named && !(own && endpoint.base.scheme == "http")) {
    throw refuse("tokens are fetched over https only");
  }
  if (url->loopback() && !own && !named) {
    throw refuse("this is another service of this host")
        .with_hint(
            fmt::format("if it is the token server: --token-server {}:{}", url->host, url->port));
  }
  return {.url = *url,
          .trusted = named || own || both_local || same_site(endpoint.base.host, url->host),
          .named = named};
}

std::optional<Login> Authorizer::login_for(const Endpoint& endpoint,
                                           const std::string& repository) const {
  using Given = Credentials::Given;
  return credentials_.find(endpoint.registry, repository,
                           endpoint.mirror ? Given::kIgnore : Given::kUse);
}

std::string Authorizer::login_source(const Endpoint& endpoint,
                                     const std::string& repository) const {
  auto login = login_for(endpoint, repository);
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
  std::optional<Login> login = login_for(endpoint, repository);
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
  // Our own scope, not the challenge's: a server must not widen what the token is good for.
  std::string query;
  for (const std::string& one : split(scope, ' ')) {
    query += (query.empty() ? "scope=" : "&scope=") + percent_encode(one);
  }
  if (!service.empty()) query = "service=" + percent_encode(service) + "&" + query;
  // OAuth: exchanges a refresh token for an access token (POST).
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

// Retries like any request: token servers fail too, and every repository needs a token.
Response Authorizer::ask(const Request& request) {
  for (Retries retries;;) {
    Response response = transport_.send(request);
    std::optional<double> delay = retries.next(response);
    if (!delay) return response;
    response.body.reset();
    sleep_(*delay);
  }
}

std::optional<Authorizer::Token> Authorizer::fetch_token(const Endpoint& endpoint,
                                                         const Challenge& challenge,
                                                         const std::optional<Login>& login,
                                                         const std::string& scope, Reach reach,
                                                         std::stop_token stop) {
  if (login && !login->registry_token.empty()) {
    return Token{.value = login->registry_token, .expires = monotonic_seconds() + 3600};
  }
  Realm realm = check_realm(endpoint, challenge.param("realm"), rules_);
  if (login && !realm.trusted) {
    throw Error::of(ErrorKind::kRegistry, "{} wants its login sent to {}, another site: refused",
                    endpoint.base.origin(), realm.url.origin())
        .with_hint(fmt::format("the login came from {}; --token-server {} trusts that site",
                               login->source, realm.url.host));
  }
  Request request = token_request(realm.url, challenge, login, scope);
  request.for_registry = true;
  request.stop = stop;
  // The user did not name this host, so it must not lead closer to us than the registry is.
  if (realm.url.origin() != endpoint.base.origin() && !realm.named) {
    request.off_limits = OffLimits::after(reach);
    request.off_limits.loopback = realm.url.port != endpoint.base.port || reach == Reach::kPublic;
  }
  Response response = ask(request);
  if (response.failure) throw unreachable(realm.url, *response.failure);
  // Wrong login: let the registry's own 401 become the error.
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
  // Docker's specification says "token", OAuth says "access_token".
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
