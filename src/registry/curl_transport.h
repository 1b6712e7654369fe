// SPDX-License-Identifier: Apache-2.0
//
// HTTP over libcurl: HTTP/1.1 and 2, TLS according to HostRules, proxies from the environment as in
// Go, persistent connections. Each exchange is driven by the thread that reads it. Thread-safe.
#pragma once

#include <memory>

#include "registry/curl_settings.h"
#include "registry/transport.h"

namespace cairn::registry {

class CurlConnections;

class CurlTransport final : public Transport {
 public:
  explicit CurlTransport(CurlSettings settings = {});
  ~CurlTransport() override;
  Response send(const Request& request) override;

 private:
  CurlSettings settings_;
  std::unique_ptr<CurlConnections> connections_;
};

}  // namespace cairn::registry
