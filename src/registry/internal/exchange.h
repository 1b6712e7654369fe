// SPDX-License-Identifier: Apache-2.0
//
// Shared by requests with and without a registry: redirects, and the pauses between tries.
#pragma once

#include <optional>
#include <stop_token>
#include <string_view>

#include "registry/transport.h"

namespace cairn::registry {

// Sends the request and follows redirects of GET and HEAD. Throws kRegistry, naming `what`, for one
// that cannot be followed: too many, or from https to http.
Response send_following(Transport& transport, Request request, std::string_view what);

// Decides about retries of one request, over all its failures: eight tries with growing pauses if a
// server fails; three within two seconds if nobody listens or the name has no address; and at most
// one minute in total if a server is silent.
class Retries {
 public:
  static constexpr double kMaxSilence = 60;  // seconds

  // Seconds to wait before the next try; nullopt if the answer is final.
  std::optional<double> next(const Response& response);
  // No retries if nobody listens, as that is known already.
  void expect_nobody() { unreachable_ = kMaxUnreachable; }
  // The same for silence.
  void expect_silence() { silent_ = kMaxSilence; }

 private:
  static constexpr int kMaxTries = 7;  // after the first
  static constexpr int kMaxUnreachable = 2;

  int tries_ = 0;
  int unreachable_ = 0;
  double silent_ = 0;
  double waited_ = 0;
};
// Sleeps; returns early when stopped.
void wait_for(double seconds, std::stop_token stop);

// Reads the rest of an unwanted body, up to 64 KiB, so that its connection can be reused.
void drain(Response& response);

}  // namespace cairn::registry
