// SPDX-License-Identifier: Apache-2.0
#include "registry/internal/exchange.h"

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
constexpr double kMaxRetryAfter = 60;  // seconds; who asks for more gets to tell the user

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
      // The object store behind a registry has its own signature in the URL; our login is not its.
      request.headers.remove("Authorization");
      request.public_only = *first_reach == Reach::kPublic;
    }
    request.url = *next;
  }
}

std::optional<double> retry_delay(int attempt, const Response& response) {
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

Response fetch(Transport& transport, Request request, const std::string& what,
               std::stop_token stop) {
  request.stop = stop;
  for (int attempt = 0;; ++attempt) {
    Response response = send_following(transport, request, what);
    std::optional<double> delay = retry_delay(attempt, response);
    if (!delay) {
      if (response.failure) throw unreachable(response.url, *response.failure);
      return response;
    }
    response.body.reset();
    wait_for(*delay, stop);
    if (stop.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
  }
}

}  // namespace cairn::registry
