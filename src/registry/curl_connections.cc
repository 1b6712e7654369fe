// SPDX-License-Identifier: Apache-2.0
//
// An exchange has a handle for itself, so exchanges on different threads share nothing, and gives
// it back with its open connection.
#include "registry/internal/curl_connections.h"

#include "base/error.h"
#include "registry/internal/libcurl.h"

namespace cairn::registry {
namespace {

constexpr std::size_t kMaxIdle = 8;  // per origin

}  // namespace

CurlConnection::CurlConnection()
    : multi(libcurl().curl_multi_init()), easy(libcurl().curl_easy_init()) {
  CAIRN_ASSERT(multi != nullptr && easy != nullptr, "libcurl gives handles");
}

CurlConnection::~CurlConnection() {
  libcurl().curl_easy_cleanup(easy);
  libcurl().curl_multi_cleanup(multi);
}

std::unique_ptr<CurlConnection> CurlConnections::open(const std::string& origin) {
  std::lock_guard lock(mutex_);
  auto& idle = idle_[origin];
  if (idle.empty()) return std::make_unique<CurlConnection>();
  auto connection = std::move(idle.back());
  idle.pop_back();
  return connection;
}

void CurlConnections::give_back(const std::string& origin,
                                std::unique_ptr<CurlConnection> connection) {
  std::lock_guard lock(mutex_);
  auto& idle = idle_[origin];
  if (idle.size() < kMaxIdle) idle.push_back(std::move(connection));
}

}  // namespace cairn::registry
