// SPDX-License-Identifier: Apache-2.0
//
// Three loops, from the inside: authorized() repeats a request after a 401 with what the challenge
// taught, call() repeats it after temporary failures, and fetch() after a body that broke off. What
// is learnt about a host (TLS or not, nobody listening, silence) is shared by all later calls, so a
// dead mirror costs its timeout once and not once per layer.
#include "registry/internal/session.h"

#include <array>

#include "base/attempt.h"
#include "base/text.h"
#include "base/time.h"
#include "registry/internal/exchange.h"

namespace cairn::registry {
namespace {

constexpr int kMaxLogins = 2;           // a stale token, then a fresh one
constexpr double kGreetingSeconds = 5;  // a TLS server answers a ClientHello sooner
constexpr double kNoticeSeconds = 2;    // longer pauses are explained to the user
constexpr double kSilentFor = 30;       // seconds for which a silent server gets a shorter timeout

std::string server_name(const Url& url) {
  return url.host + " " + std::to_string(url.port);
}

}  // namespace

Session::Session(Transport& transport, const Credentials& credentials,
                 const ClientSettings& settings, progress::Sink& sink)
    : transport_(transport),
      settings_(settings),
      sink_(sink),
      authorizer_(transport, credentials, settings.rules, [this](double s) { sleep(s); }) {}

Endpoint Session::choose_scheme(Endpoint endpoint) {
  if (!endpoint.other) return endpoint;
  bool insecure = settings_.rules != nullptr ? settings_.rules->is_insecure(endpoint.base)
                                             : endpoint.base.loopback();
  if (!insecure) return endpoint;
  Url tls = endpoint.base.scheme == "https" ? endpoint.base : *endpoint.other;
  Url plain = endpoint.base.scheme == "https" ? *endpoint.other : endpoint.base;
  endpoint.base = speaks_tls(tls) ? tls : plain;
  endpoint.other.reset();
  return endpoint;
}

// Holds the lock: a second caller waits for the answer instead of probing too.
bool Session::speaks_tls(const Url& url) {
  std::lock_guard lock(mutex_);
  auto [known, fresh] = tls_.try_emplace(url.origin(), false);
  if (!fresh) return known->second;
  Request request{.url = url, .for_registry = true, .idle_seconds = kGreetingSeconds};
  request.url.target = "/v2/";
  request.stop = settings_.stop;
  Response response = transport_.send(request);
  const std::optional<Failure>& failure = response.failure;
  known->second =
      !failure || (!failure->not_tls && !failure->unreachable && failure->silent_seconds == 0);
  if (!failure) drain(response);
  if (failure && failure->silent_seconds > 0) greeted_in_vain_.insert(server_name(url));
  // If nobody listens, nothing is known about TLS, and a later probe may succeed.
  if (response.failure && response.failure->unreachable) {
    tls_.erase(known);
    return false;
  }
  return known->second;
}

// If nobody listens or answers, later requests need less patience: a mirror that is down is asked
// for every layer, and so is a registry that has gone silent.
void Session::note(const Response& response) {
  std::lock_guard lock(mutex_);
  std::string origin = response.url.origin();
  if (!response.failure) {
    unreachable_.erase(origin);
    silent_.erase(origin);
  } else if (response.failure->unreachable) {
    unreachable_.insert(origin);
  } else if (response.failure->silent_seconds > 0) {
    silent_.insert_or_assign(origin, monotonic_seconds());
  }
}

Request Session::request(const Subject& subject, Method method, const std::string& path) const {
  Request request{.method = method, .url = subject.endpoint.base, .for_registry = true};
  request.stop = settings_.stop;
  request.url.target += "/" + subject.repository + path;
  return request;
}

HostLimits::Slot Session::slot(const Endpoint& endpoint, HostLimits::Kind kind) {
  return limits_.acquire(endpoint.base.origin(), kind, settings_.stop);
}

Response Session::call(const Subject& subject, Request request) {
  Retries retries;
  {
    std::lock_guard lock(mutex_);
    std::string origin = request.url.origin();
    if (unreachable_.contains(origin)) retries.expect_nobody();
    auto silent = silent_.find(origin);
    bool lately = silent != silent_.end() && monotonic_seconds() - silent->second < kSilentFor;
    if (lately) {
      request.idle_seconds = 1;
      retries.expect_silence();
    } else if (greeted_in_vain_.contains(server_name(request.url))) {
      request.idle_seconds = Retries::kMaxSilence - kGreetingSeconds;  // one minute in total
    }
  }
  while (true) {
    Response response = authorized(subject, request);
    std::optional<double> delay = retries.next(response);
    if (!delay) {
      note(response);
      return response;
    }
    response.body.reset();
    say_again(subject, response, *delay);
    sleep(*delay);
  }
}

// Explains a pause that a user would notice.
void Session::say_again(const Subject& subject, const Response& response, double delay) {
  if (delay < kNoticeSeconds) return;
  std::string why = response.failure ? clean_text(response.failure->reason, 200)
                                     : fmt::format("HTTP {}", response.status);
  sink_.send(
      progress::Warning{.vertex = std::nullopt,
                        .message = fmt::format("{}: {}: {}; asking again in {:.0f} s", subject.what,
                                               response.url.origin(), why, delay)});
}

Response Session::require(const Subject& subject, Request request) {
  Response response = call(subject, std::move(request));
  if (!response.ok()) throw error_of(subject, response);
  return response;
}

Session::Text Session::fetch(const Subject& subject, const Request& request, std::size_t limit) {
  constexpr int kTries = 6;
  std::array<std::byte, 16384> buffer;
  for (int attempt = 0;; ++attempt) {
    Text text{.response = require(subject, request), .body = {}};
    std::optional<Error> failure = failure_of([&] {
      while (std::size_t count = text.response.body->read(buffer)) {
        text.body.append(reinterpret_cast<const char*>(buffer.data()), count);
        if (text.body.size() > limit) break;
      }
    });
    if (failure) {
      if (failure->kind() != ErrorKind::kRegistry || attempt == kTries) throw *failure;
      sleep(0.25 * (1 << attempt));
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
    // A 401 of another host, after a redirect, says nothing about our login.
    bool ours = response.url.origin() == subject.endpoint.base.origin();
    if (response.status != 401 || !ours || logins == kMaxLogins) return response;
    if (!learn(subject, response)) return response;
    drain(response);
  }
}

bool Session::learn(const Subject& subject, const Response& response) {
  // Malformed data is the token server's or the login file's.
  return amend(blame_server, [&] {
    return authorizer_.learn(subject.endpoint, subject.repository,
                             scope_of(subject.repository, subject.access, subject.mount_from),
                             response, settings_.stop);
  });
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
