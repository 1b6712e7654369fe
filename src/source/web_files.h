// SPDX-License-Identifier: Apache-2.0
//
// Files of the web, for ADD and for build contexts. A file whose ETag is known is asked for only to
// hear that it is the same. Safe from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/stream.h"
#include "registry/transport.h"

namespace cairn::source {

// A secret of the build by its id.
using FindSecret = std::function<std::optional<std::string>(const std::string& id)>;

struct WebFile {
  bool is_unchanged = false;  // it is the one with the known ETag; there is no body then
  std::string etag = {};
  std::optional<std::int64_t> modified = {};  // seconds since 1970, as the server says
  std::int64_t size = 0;                      // 0 when the server does not say
  std::unique_ptr<ByteSource> body = {};      // must not outlive the WebFiles it came from
};

class WebFiles {
 public:
  // Secrets HTTP_AUTH_HEADER_<host> and HTTP_AUTH_TOKEN_<host> become the header Authorization, for
  // that host alone (D04).
  WebFiles(registry::Transport& transport, FindSecret find_secret)
      : transport_(transport), find_secret_(std::move(find_secret)) {}

  // Throws kRegistry for what is no success, kUsage for what is no URL.
  WebFile open(const std::string& url, const std::string& known_etag, std::stop_token stop) const;

 private:
  registry::Transport& transport_;
  FindSecret find_secret_;
};

}  // namespace cairn::source
