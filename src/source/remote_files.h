// SPDX-License-Identifier: Apache-2.0
//
// Remote files, for ADD and for build contexts. For a file with a known ETag, the server is asked
// only whether it has changed. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/remote_url.h"
#include "base/stream.h"
#include "base/time.h"
#include "registry/transport.h"

namespace cairn::source {

// Finds a secret of the build by id; nullopt if there is none.
using FindSecret = std::function<std::optional<std::string>(const std::string& id)>;

struct RemoteFile {
  bool is_unchanged = false;  // it still has the known ETag; then there is no body
  std::string etag = {};
  std::optional<Timestamp> modified = {};  // Last-Modified
  std::int64_t size = 0;                   // bytes; 0 if the server does not say
  std::unique_ptr<ByteSource> body = {};   // must not outlive its RemoteFiles
};

class RemoteFiles {
 public:
  // Borrows the transport. The secrets HTTP_AUTH_HEADER_<host> and HTTP_AUTH_TOKEN_<host> become
  // the Authorization header, for that host only (D04); without them the URL's own login does.
  RemoteFiles(registry::Transport& transport, FindSecret find_secret)
      : transport_(transport), find_secret_(std::move(find_secret)) {}

  // Throws kRegistry unless the answer is 2xx or 304, kUsage for an invalid URL. A body with
  // "Content-Encoding: gzip" is decoded, as Go's client does.
  RemoteFile open(const RemoteUrl& url, const std::string& known_etag, std::stop_token stop) const;

 private:
  registry::Transport& transport_;
  FindSecret find_secret_;
};

}  // namespace cairn::source
