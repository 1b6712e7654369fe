// SPDX-License-Identifier: Apache-2.0
//
// A pool of connections per origin. Each exchange takes a libcurl handle of its own, so exchanges
// on different threads share nothing, and returns it with its open connection.
#include "registry/curl_transport.h"

#include "registry/internal/curl_exchange.h"

namespace cairn::registry {
namespace {

constexpr std::size_t kMaxIdle = 8;  // per origin

}  // namespace

CurlTransport::CurlTransport(CurlSettings settings) : settings_(std::move(settings)) {}

CurlTransport::~CurlTransport() = default;

Response CurlTransport::send(const Request& request) {
  return CurlExchange::start(std::make_unique<CurlExchange>(*this, request));
}

std::unique_ptr<CurlConnection> CurlTransport::open_connection(const std::string& origin) {
  std::lock_guard lock(mutex_);
  auto& idle = idle_[origin];
  if (idle.empty()) return std::make_unique<CurlConnection>();
  auto connection = std::move(idle.back());
  idle.pop_back();
  return connection;
}

void CurlTransport::give_back(const std::string& origin,
                              std::unique_ptr<CurlConnection> connection) {
  std::lock_guard lock(mutex_);
  auto& idle = idle_[origin];
  if (idle.size() < kMaxIdle) idle.push_back(std::move(connection));
}

}  // namespace cairn::registry
