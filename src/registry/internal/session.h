// SPDX-License-Identifier: Apache-2.0
//
// One call to a registry and all that belongs to it: the login, the redirects, the retries. What
// comes back is the last word, success or not.
#pragma once

#include <optional>
#include <string>

#include "registry/client.h"
#include "registry/internal/authorizer.h"
#include "registry/internal/limits.h"

namespace cairn::registry {

// What a call is about: on whose behalf a login is looked up, and what a message calls it.
struct Subject {
  Endpoint endpoint;
  std::string repository;
  Access access = Access::kPull;
  std::string what;             // "manifest alpine:3.20"
  std::string image;            // "alpine:3.20"
  std::string mount_from = {};  // a repository to be read as well
};

class Session {
 public:
  Session(Transport& transport, const Credentials& credentials, const ClientSettings& settings);

  // With redirects, a login and retries. No answer and bad answers are responses, too.
  Response call(const Subject& subject, Request request);
  // The same, and throws unless the status is 2xx.
  Response require(const Subject& subject, Request request);
  // The same with the whole body, which is asked for again when the connection breaks half way.
  struct Text {
    Response response;
    std::string body;
  };
  Text fetch(const Subject& subject, const Request& request, std::size_t limit);
  // Redirects and what login is known, but a single try: for uploads, whose bytes are gone after
  // it.
  Response call_once(const Subject& subject, Request request);

  Error error_of(const Subject& subject, Response& response);
  void sleep(double seconds);

  Request request(const Subject& subject, Method method, const std::string& path) const;
  HostLimits::Slot slot(const Endpoint& endpoint, HostLimits::Kind kind);

 private:
  Response authorized(const Subject& subject, const Request& request);
  bool learn(const Subject& subject, const Response& response);

  Transport& transport_;
  const ClientSettings& settings_;
  Authorizer authorizer_;
  HostLimits limits_;
};

}  // namespace cairn::registry
