// SPDX-License-Identifier: Apache-2.0
//
// HTTP over libcurl: HTTP/1.1 and 2, TLS according to HostRules, proxies from the environment as in
// Go, persistent connections. Each exchange is driven by the thread that reads it. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "registry/host_rules.h"
#include "registry/transport.h"

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

class CurlConnection;

class CurlTransport final : public Transport {
 public:
  explicit CurlTransport(CurlSettings settings = {});
  ~CurlTransport() override;
  Response send(const Request& request) override;

 private:
  friend class CurlExchange;
  std::unique_ptr<CurlConnection> open_connection(const std::string& origin);
  void give_back(const std::string& origin, std::unique_ptr<CurlConnection> connection);

  CurlSettings settings_;
  std::mutex mutex_;
  std::map<std::string, std::vector<std::unique_ptr<CurlConnection>>> idle_;
};

}  // namespace cairn::registry
