// SPDX-License-Identifier: Apache-2.0
//
// Who we are to a registry: answers its challenges with Basic or with tokens (the flow of Docker's
// token specification), and remembers both. Safe from any thread.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "registry/credentials.h"
#include "registry/internal/challenge.h"
#include "registry/internal/http_error.h"
#include "registry/mirrors.h"
#include "registry/transport.h"

namespace cairn::registry {

class Authorizer {
 public:
  Authorizer(Transport& transport, const Credentials& credentials)
      : transport_(transport), credentials_(credentials) {}

  // The Authorization header that an earlier challenge of this endpoint calls for, if there was
  // one.
  std::optional<std::string> header(const Endpoint& endpoint, const std::string& repository,
                                    const std::string& scope);
  // Learns from a 401. True when asking again may help; false when we have said all we can say.
  bool learn(const Endpoint& endpoint, const std::string& repository, const std::string& scope,
             const Response& response, std::stop_token stop);
  // Where the login for this endpoint came from; "" for none.
  std::string login_source(const Endpoint& endpoint, const std::string& repository) const;

 private:
  struct Token {
    std::string value;
    double expires = 0;  // monotonic seconds
  };

  std::optional<Token> fetch_token(const Endpoint& endpoint, const Challenge& challenge,
                                   const std::optional<Login>& login, const std::string& scope,
                                   Reach reach, std::stop_token stop);
  Request token_request(const Url& realm, const Challenge& challenge,
                        const std::optional<Login>& login, const std::string& scope) const;

  Transport& transport_;
  const Credentials& credentials_;
  std::mutex mutex_;
  std::map<std::string, std::string> basic_;  // by endpoint and repository
  std::map<std::string, Token> tokens_;       // by endpoint and scope
};

// "repository:library/alpine:pull", for pushes ":pull,push"; a second scope after a blank where a
// blob is to be mounted from another repository.
std::string scope_of(const std::string& repository, Access access,
                     const std::string& mount_from = {});

// Where a token may be asked for, and whether the login may go there. Throws kRegistry for a realm
// that is refused altogether.
struct Realm {
  Url url;
  bool trusted = false;  // the login may be sent
};
Realm check_realm(const Endpoint& endpoint, const std::string& realm);

}  // namespace cairn::registry
