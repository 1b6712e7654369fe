// SPDX-License-Identifier: Apache-2.0
//
// HTTP over libcurl: HTTP/1.1 and 2, TLS by the system's authorities, proxies from the environment,
// connections kept and used again. Each exchange is driven by the thread that reads it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "registry/transport.h"

namespace cairn::registry {

struct CurlSettings {
  std::string user_agent = "cairn";
  std::string ca_file = {};  // instead of the system's authorities
  double connect_seconds = 30;
  double idle_seconds = 60;  // without a byte in either direction while we wait
};

class CurlConnection;

class CurlTransport final : public Transport {
 public:
  explicit CurlTransport(CurlSettings settings = {});
  ~CurlTransport() override;
  Response send(const Request& request) override;

 private:
  friend class CurlExchange;
  std::unique_ptr<CurlConnection> take(const std::string& origin);
  void give_back(const std::string& origin, std::unique_ptr<CurlConnection> connection);

  CurlSettings settings_;
  std::mutex mutex_;
  std::map<std::string, std::vector<std::unique_ptr<CurlConnection>>> idle_;
};

}  // namespace cairn::registry
