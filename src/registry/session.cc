// SPDX-License-Identifier: Apache-2.0
#include "registry/internal/session.h"

#include <array>

#include "base/text.h"
#include "registry/internal/exchange.h"

namespace cairn::registry {
namespace {

constexpr int kMaxLogins = 2;  // a stale token, then a fresh one

}  // namespace

Session::Session(Transport& transport, const Credentials& credentials,
                 const ClientSettings& settings)
    : transport_(transport), settings_(settings), authorizer_(transport, credentials) {}

Request Session::request(const Subject& subject, Method method, const std::string& path) const {
  Request request{.method = method, .url = subject.endpoint.base, .stop = settings_.stop};
  request.url.target += "/" + subject.repository + path;
  return request;
}

HostLimits::Slot Session::slot(const Endpoint& endpoint, HostLimits::Kind kind) {
  return limits_.take(endpoint.base.origin(), kind, settings_.stop);
}

Response Session::call(const Subject& subject, Request request) {
  for (int attempt = 0;; ++attempt) {
    Response response = authorized(subject, request);
    std::optional<double> delay = retry_delay(attempt, response);
    if (!delay) return response;
    response.body.reset();
    sleep(*delay);
  }
}

Response Session::require(const Subject& subject, Request request) {
  Response response = call(subject, std::move(request));
  if (!response.ok()) throw error_of(subject, response);
  return response;
}

Session::Text Session::fetch(const Subject& subject, const Request& request, std::size_t limit) {
  constexpr int kTries = 3;
  std::array<std::byte, 16384> buffer;
  for (int attempt = 0;; ++attempt) {
    Text text{.response = require(subject, request), .body = {}};
    try {
      while (std::size_t count = text.response.body->read(buffer)) {
        text.body.append(reinterpret_cast<const char*>(buffer.data()), count);
        if (text.body.size() > limit) break;
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kRegistry || attempt == kTries) throw;
      sleep(1 << attempt);
      continue;
    }
    if (text.body.size() <= limit) return text;
    throw Error::of(ErrorKind::kRegistry, "{}: the answer of {} is longer than {} bytes",
                    subject.what, text.response.url.origin(), limit);
  }
}

Response Session::call_once(const Subject& subject, Request request) {
  if (request.url.origin() == subject.endpoint.base.origin()) {
    auto header =
        authorizer_.header(subject.endpoint, subject.repository,
                           scope_of(subject.repository, subject.access, subject.mount_from));
    if (header) request.headers.set("Authorization", *header);
  }
  return send_following(transport_, std::move(request), subject.what);
}

Response Session::authorized(const Subject& subject, const Request& request) {
  for (int logins = 0;; ++logins) {
    Response response = call_once(subject, request);
    bool ours = response.url.origin() == subject.endpoint.base.origin();
    if (response.status != 401 || !ours || logins == kMaxLogins) return response;
    if (!learn(subject, response)) return response;
    drain(response);
  }
}

bool Session::learn(const Subject& subject, const Response& response) {
  try {
    return authorizer_.learn(subject.endpoint, subject.repository,
                             scope_of(subject.repository, subject.access, subject.mount_from),
                             response, settings_.stop);
  } catch (Error& error) {
    // A token server's nonsense, or a login file's: nothing in the store is damaged.
    if (error.kind() == ErrorKind::kCorrupt) error.set_kind(ErrorKind::kRegistry);
    throw;
  }
}

Error Session::error_of(const Subject& subject, Response& response) {
  if (response.failure) return unreachable(response.url, *response.failure);
  return http_error(response,
                    {.what = subject.what,
                     .image = subject.image,
                     .access = subject.access,
                     .login = authorizer_.login_source(subject.endpoint, subject.repository)});
}

void Session::sleep(double seconds) {
  (settings_.sleep ? settings_.sleep : wait_for)(seconds, settings_.stop);
  if (settings_.stop.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
}

}  // namespace cairn::registry
