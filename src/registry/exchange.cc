// SPDX-License-Identifier: Apache-2.0
//
// Redirects are followed here and not by libcurl, because each hop changes what is trusted: the
// login stays with its origin, encryption is never dropped, and the next address must not be closer
// to us than the first server was.
#include "registry/internal/exchange.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>

#include "base/error.h"
#include "base/text.h"
#include "registry/fetch.h"
#include "registry/internal/http_error.h"

namespace cairn::registry {
namespace {

constexpr int kMaxHops = 8;
constexpr double kMaxRetryAfter = 60;  // seconds; a longer wait becomes the user's error message

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

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

Response send_following(Transport& transport, Request request, std::string_view what) {
  bool movable = request.method == Method::kGet || request.method == Method::kHead;
  std::optional<Reach> first_reach;
  for (int hop = 0;; ++hop) {
    Response response = transport.send(request);
    if (!first_reach) first_reach = response.reach;
    if (!movable || !is_redirect(response.status)) return response;
    std::optional<std::string> location = response.headers.find("Location");
    std::optional<Url> next = location ? request.url.resolve(*location) : std::nullopt;
    auto refuse = [&](std::string_view why) {
      return Error::of(ErrorKind::kRegistry, "{}: {} redirects to \"{}\": {}", what,
                       request.url.origin(), clean_text(location.value_or(""), 200), why);
    };
    if (!next) throw refuse("no address to follow");
    if (hop == kMaxHops) throw refuse("too many redirects");
    if (request.url.scheme == "https" && next->scheme != "https") throw refuse("not encrypted");
    drain(response);
    if (next->origin() != request.url.origin()) {
      // The login is for the registry only. The object store behind it is authorized by a signature
      // in the URL, and rejects requests with a second authorization.
      request.headers.remove("Authorization");
    }
    // Set also for the same host: its name may resolve to another address this time.
    request.off_limits = OffLimits::after(*first_reach);
    request.url = *next;
  }
}

std::optional<double> Retries::next(const Response& response) {
  bool temporary = response.failure ? response.failure->transient
                                    : response.status == 429 || response.status >= 500;
  if (!temporary) return std::nullopt;
  if (response.failure && response.failure->unreachable) {
    if (unreachable_ >= kMaxUnreachable) return std::nullopt;
    return 0.5 * (1 << unreachable_++);
  }
  if (response.failure && response.failure->silent_seconds > 0) {
    double silence = response.failure->silent_seconds;
    silent_ += silence;
    if (silent_ + silence > kMaxSilence + 1) return std::nullopt;
    return 0.25;
  }
  if (tries_ >= kMaxTries) return std::nullopt;
  double delay = std::min(8.0, 0.25 * (1 << tries_++));
  if (auto after = response.headers.find("Retry-After")) {
    if (auto seconds = parse_uint(*after)) delay = static_cast<double>(*seconds);
  }
  waited_ += delay;
  if (delay > kMaxRetryAfter || waited_ > 3 * kMaxRetryAfter) return std::nullopt;
  return delay;
}

Response fetch(Transport& transport, Request request, const std::string& what,
               std::stop_token stop) {
  request.stop = stop;
  for (Retries retries;;) {
    Response response = send_following(transport, request, what);
    std::optional<double> delay = retries.next(response);
    if (!delay) {
      if (response.failure) throw unreachable(response.url, *response.failure);
      return response;
    }
    response.body.reset();
    wait_for(*delay, stop);
    if (stop.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
  }
}

Response try_fetch(Transport& transport, Request request, const std::string& what) {
  bool has_limits = request.off_limits.any();
  Response response = send_following(transport, std::move(request), what);
  if (!response.failure) return response;
  const Failure& failure = *response.failure;
  if (has_limits || failure.refused || failure.silent_seconds > 0) {
    throw unreachable(response.url, failure);
  }
  return response;
}

}  // namespace cairn::registry
