// SPDX-License-Identifier: Apache-2.0
//
// The transport only holds what its exchanges share; curl_exchange.cc does the work.
#include "registry/curl_transport.h"

#include "registry/internal/curl_connections.h"
#include "registry/internal/curl_exchange.h"

namespace cairn::registry {

CurlTransport::CurlTransport(CurlSettings settings)
    : settings_(std::move(settings)), connections_(std::make_unique<CurlConnections>()) {}

CurlTransport::~CurlTransport() = default;

Response CurlTransport::send(const Request& request) {
  return CurlExchange::start(std::make_unique<CurlExchange>(settings_, *connections_, request));
}

}  // namespace cairn::registry
