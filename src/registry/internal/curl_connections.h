// SPDX-License-Identifier: Apache-2.0
//
// libcurl's handles, kept for the next request to the same server.
#pragma once

#include <curl/curl.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cairn::registry {

// A libcurl multi handle with its cache of open connections, and one easy handle.
class CurlConnection {
 public:
  CurlConnection();
  ~CurlConnection();
  CurlConnection(const CurlConnection&) = delete;
  CurlConnection& operator=(const CurlConnection&) = delete;

  CURLM* multi = nullptr;
  CURL* easy = nullptr;
};

// Idle connections of each origin. Thread-safe.
class CurlConnections {
 public:
  std::unique_ptr<CurlConnection> open(const std::string& origin);  // an idle one, or a new one
  void give_back(const std::string& origin, std::unique_ptr<CurlConnection> connection);

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<std::unique_ptr<CurlConnection>>> idle_;
};

}  // namespace cairn::registry
