// SPDX-License-Identifier: Apache-2.0
#include "registry/internal/session.h"

#include <array>
#include <condition_variable>
#include <mutex>

#include "base/text.h"

namespace cairn::registry {
namespace {

constexpr int kMaxHops = 8;
constexpr int kMaxLogins = 2;          // a stale token, then a fresh one
constexpr double kMaxRetryAfter = 60;  // seconds; who asks for more gets to tell the user

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Reads the rest of an answer nobody wants, so that its connection can be used again.
void drain(Response& response) {
  std::array<std::byte, 4096> buffer;
  for (int i = 0; i < 16 && response.body && response.body->read(buffer) > 0; ++i) {
  }
}

void wait_for(double seconds, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, std::chrono::duration<double>(seconds), [] { return false; });
}

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
  return follow(subject, std::move(request));
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

Response Session::follow(const Subject& subject, Request request) {
  bool movable = request.method == Method::kGet || request.method == Method::kHead;
  std::optional<Reach> registry_reach;
  for (int hop = 0;; ++hop) {
    Response response = transport_.send(request);
    if (!registry_reach) registry_reach = response.reach;
    if (!movable || !is_redirect(response.status)) return response;
    std::optional<std::string> location = response.headers.find("Location");
    std::optional<Url> next = location ? request.url.resolve(*location) : std::nullopt;
    auto refuse = [&](std::string_view why) {
      return Error::of(ErrorKind::kRegistry, "{}: {} redirects to \"{}\": {}", subject.what,
                       request.url.origin(), clean_text(location.value_or(""), 200), why);
    };
    if (!next) throw refuse("no address to follow");
    if (hop == kMaxHops) throw refuse("too many redirects");
    if (request.url.scheme == "https" && next->scheme != "https") throw refuse("not encrypted");
    drain(response);
    if (next->origin() != request.url.origin()) {
      // The object store behind a registry has its own signature in the URL; our login is not its.
      request.headers.remove("Authorization");
      request.public_only = *registry_reach == Reach::kPublic;
    }
    request.url = *next;
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

std::optional<double> Session::retry_delay(int attempt, const Response& response) {
  constexpr int kTries = 3;
  bool temporary = response.failure ? response.failure->transient
                                    : response.status == 429 || response.status >= 500;
  if (!temporary || attempt >= kTries) return std::nullopt;
  double delay = 1 << attempt;
  if (auto after = response.headers.find("Retry-After")) {
    if (auto seconds = parse_uint(*after)) delay = static_cast<double>(*seconds);
    if (delay > kMaxRetryAfter) return std::nullopt;
  }
  return delay;
}

void Session::sleep(double seconds) {
  (settings_.sleep ? settings_.sleep : wait_for)(seconds, settings_.stop);
  if (settings_.stop.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
}

}  // namespace cairn::registry
