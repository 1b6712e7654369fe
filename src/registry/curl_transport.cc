// SPDX-License-Identifier: Apache-2.0
#include "registry/curl_transport.h"

#include "registry/internal/curl_exchange.h"

namespace cairn::registry {
namespace {

constexpr std::size_t kMaxIdle = 8;  // kept for one origin

}  // namespace

CurlTransport::CurlTransport(CurlSettings settings) : settings_(std::move(settings)) {}

CurlTransport::~CurlTransport() = default;

Response CurlTransport::send(const Request& request) {
  return CurlExchange::start(std::make_unique<CurlExchange>(*this, request));
}

std::unique_ptr<CurlConnection> CurlTransport::take(const std::string& origin) {
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
