// SPDX-License-Identifier: Apache-2.0
//
// What holds for every exchange of a CurlTransport.
#pragma once

#include <functional>
#include <string>

#include "registry/host_rules.h"

namespace cairn::registry {

struct CurlSettings {
  std::string user_agent = "cairn";
  const HostRules* rules = nullptr;  // borrowed
  double connect_seconds = 20;
  double idle_seconds = 60;    // silence before an answer; half of it within one
  double notice_seconds = 10;  // silence before on_silence is called, once per exchange
  // Called with a silent origin ("https://host:443") and the limit in seconds. On any thread.
  std::function<void(const std::string& origin, double limit)> on_silence = {};
};

}  // namespace cairn::registry
