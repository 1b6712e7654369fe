// SPDX-License-Identifier: Apache-2.0
//
// How a client behaves, whatever it is asked for.
#pragma once

#include <functional>
#include <stop_token>

#include "registry/host_rules.h"
#include "registry/mirrors.h"

namespace cairn::registry {

struct ClientSettings {
  MirrorMap mirrors = {};
  const HostRules* rules = nullptr;  // borrowed; null: only loopback hosts are special
  std::stop_token stop = {};
  // Waits between two tries. Tests pass a function that only records the seconds.
  std::function<void(double seconds, std::stop_token stop)> sleep = {};
};

}  // namespace cairn::registry
