// SPDX-License-Identifier: Apache-2.0
//
// One call to a registry with everything it needs: login, redirects and retries. The response is
// final, whether good or bad. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "progress/sink.h"
#include "registry/client_settings.h"
#include "registry/credentials.h"
#include "registry/internal/authorizer.h"
#include "registry/internal/limits.h"
#include "registry/transport.h"

namespace cairn::registry {

// What a call is about: it selects the login, and names things in messages.
struct Subject {
  Endpoint endpoint;
  std::string repository;
  Access access = Access::kPull;
  std::string what;             // "manifest alpine:3.20"
  std::string image;            // "alpine:3.20"
  std::string mount_from = {};  // another repository that must be readable
};

class Session {
 public:
  Session(Transport& transport, const Credentials& credentials, const ClientSettings& settings,
          progress::Sink& sink);

  // Chooses the scheme of an endpoint that was written without one and may be insecure: TLS if the
  // host speaks it, else plain HTTP. Probed once per host.
  Endpoint choose_scheme(Endpoint endpoint);

  // With redirects, login and retries. A failure or an error status is a response too.
  Response call(const Subject& subject, Request request);
  // The same, but throws kRegistry unless the status is 2xx.
  Response require(const Subject& subject, Request request);
  // The same with the whole body, requested again if the connection breaks half way.
  struct Text {
    Response response;
    std::string body;
  };
  Text fetch(const Subject& subject, const Request& request, std::size_t limit);
  // With redirects and the known login, but a single try: for uploads, whose source is consumed by
  // it.
  Response call_once(const Subject& subject, Request request);

  Error error_of(const Subject& subject, Response& response);
  void sleep(double seconds);

  Request request(const Subject& subject, Method method, const std::string& path) const;
  HostLimits::Slot slot(const Endpoint& endpoint, HostLimits::Kind kind);

 private:
  Response authorized(const Subject& subject, const Request& request);
  bool learn(const Subject& subject, const Response& response);
  void say_again(const Subject& subject, const Response& response, double delay);

  bool speaks_tls(const Url& url);
  void note(const Response& response);

  Transport& transport_;
  const ClientSettings& settings_;
  progress::Sink& sink_;
  std::mutex mutex_;
  std::map<std::string, bool> tls_;        // by host:port
  std::set<std::string> greeted_in_vain_;  // "host port" of those that did not answer a ClientHello
  std::set<std::string> unreachable_;      // origins where nobody listens
  std::map<std::string, double> silent_;   // origins, and when they last gave no answer (monotonic)
  Authorizer authorizer_;
  HostLimits limits_;
};

}  // namespace cairn::registry
