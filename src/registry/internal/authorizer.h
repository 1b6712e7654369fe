// SPDX-License-Identifier: Apache-2.0
//
// Answers a registry's challenges with Basic or with tokens (Docker's token authentication
// specification), and remembers both. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "registry/credentials.h"
#include "registry/host_rules.h"
#include "registry/internal/challenge.h"
#include "registry/internal/http_error.h"
#include "registry/mirrors.h"
#include "registry/transport.h"

namespace cairn::registry {

class Authorizer {
 public:
  // Borrows its arguments; `rules` may be null. `sleep` waits between two tries, and throws
  // kCancelled.
  Authorizer(Transport& transport, const Credentials& credentials, const HostRules* rules,
             std::function<void(double seconds)> sleep)
      : transport_(transport), credentials_(credentials), rules_(rules), sleep_(std::move(sleep)) {}

  // The Authorization header for this endpoint, from an earlier challenge; nullopt if there was
  // none.
  std::optional<std::string> header(const Endpoint& endpoint, const std::string& repository,
                                    const std::string& scope);
  // Learns from a 401. True if a retry may succeed; false if all we have was rejected.
  bool learn(const Endpoint& endpoint, const std::string& repository, const std::string& scope,
             const Response& response, std::stop_token stop);
  // The source of this endpoint's login, for messages; "" for none.
  std::string login_source(const Endpoint& endpoint, const std::string& repository) const;

 private:
  struct Token {
    std::string value;
    double expires = 0;  // monotonic seconds
  };

  std::optional<Token> fetch_token(const Endpoint& endpoint, const Challenge& challenge,
                                   const std::optional<Login>& login, const std::string& scope,
                                   Reach reach, std::stop_token stop);
  std::optional<Login> login_for(const Endpoint& endpoint, const std::string& repository) const;
  Response ask(const Request& request);
  Request token_request(const Url& realm, const Challenge& challenge,
                        const std::optional<Login>& login, const std::string& scope) const;

  Transport& transport_;
  const Credentials& credentials_;
  const HostRules* rules_;
  std::function<void(double seconds)> sleep_;
  std::mutex mutex_;
  std::map<std::string, std::string> basic_;  // by endpoint and repository
  std::map<std::string, Token> tokens_;       // by endpoint and scope
};

// "repository:library/alpine:pull", or ":pull,push" for pushes; followed by a blank and a second
// scope if a blob is to be mounted from another repository.
std::string scope_of(const std::string& repository, Access access,
                     const std::string& mount_from = {});

// Checks the token server (realm) that a challenge names, and whether the login may be sent to it.
// Throws kRegistry for a realm that is refused. On loopback, only the registry's own port is
// allowed unless the user named the server (--token-server): any other service there would get the
// login.
struct Realm {
  Url url;
  bool trusted = false;  // the login may be sent
  bool named = false;    // by the user, so any address is allowed
};
Realm check_realm(const Endpoint& endpoint, const std::string& realm,
                  const HostRules* rules = nullptr);

}  // namespace cairn::registry
