// SPDX-License-Identifier: Apache-2.0
//
// One conditional GET: If-None-Match with the ETag of the last download, and no body if it still
// holds. Redirects and retries are registry/fetch.h's, which drops Authorization for another host.
#include "source/remote_files.h"

#include <algorithm>

#include "base/base64.h"
#include "base/compress.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "registry/fetch.h"

namespace cairn::source {
namespace {

// Compares ETags weakly (RFC 9110, 8.8.3.2): two servers may give the same bytes a strong and a
// weak one.
std::string_view etag_value(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  return etag;
}

std::string header(const registry::Response& response, std::string_view name) {
  return response.headers.find(name).value_or("");
}

registry::Url parse(const RemoteUrl& url) {
  std::string text = url.without_login();
  text.resize(std::min(text.find('#'), text.size()));
  for (std::size_t i = text.find(' '); i != std::string::npos; i = text.find(' ', i)) {
    text.replace(i, 1, "%20");
  }
  std::optional<registry::Url> parsed = registry::Url::find(text);
  if (!parsed) throw Error::of(ErrorKind::kUsage, "{} is not a URL that can be fetched", url);
  return *parsed;
}

// Decodes a body that was compressed for the transfer only.
class DecodedBody final : public ByteSource {
 public:
  explicit DecodedBody(std::unique_ptr<ByteSource> encoded)
      : encoded_(std::move(encoded)), plain_(decompressing(*encoded_)) {}
  std::size_t read(std::span<std::byte> buffer) override {
    return amend(registry::blame_server, [&] { return plain_->read(buffer); });
  }

 private:
  std::unique_ptr<ByteSource> encoded_;
  std::unique_ptr<ByteSource> plain_;
};

// Only "gzip" is decoded. We never ask for an encoding, so others describe the file itself
// ("x-gzip" for a .tgz). Go's client, and so BuildKit, has the same rule.
void decode(RemoteFile& file, const std::string& encoding) {
  if (!equal_fold(trim(encoding), "gzip")) return;
  file.body = std::make_unique<DecodedBody>(std::move(file.body));
  file.size = 0;  // Content-Length counts the encoded bytes
}

}  // namespace

RemoteFile RemoteFiles::open(const RemoteUrl& url, const std::string& known_etag,
                             std::stop_token stop) const {
  registry::Request request{.url = parse(url)};
  if (auto login = url.login()) {
    request.headers.set("Authorization",
                        "Basic " + encode_base64(login->user + ":" + login->password));
  }
  auto authorize = [&](const char* prefix, const char* scheme) {
    std::optional<std::string> secret;
    if (find_secret_) secret = find_secret_(prefix + request.url.host);
    if (secret) request.headers.set("Authorization", scheme + std::string(trim(*secret)));
  };
  authorize("HTTP_AUTH_HEADER_", "");
  authorize("HTTP_AUTH_TOKEN_", "Bearer ");
  if (!known_etag.empty()) request.headers.set("If-None-Match", known_etag);

  registry::Response response =
      registry::fetch(transport_, std::move(request), url.redacted(), stop);
  RemoteFile file;
  file.etag = header(response, "ETag");
  // Some servers send 304 without an ETag, others ignore the condition and send the whole file
  // again.
  bool same = !known_etag.empty() && etag_value(file.etag) == etag_value(known_etag);
  if (!known_etag.empty() && (response.status == 304 || (response.ok() && same))) {
    file.is_unchanged = true;
    return file;
  }
  if (!response.ok()) {
    throw Error::of(ErrorKind::kRegistry, "{}: invalid response status {}", url, response.status);
  }
  file.modified = find_http_date(header(response, "Last-Modified"));
  file.size = static_cast<std::int64_t>(parse_uint(header(response, "Content-Length")).value_or(0));
  file.body = std::move(response.body);
  decode(file, header(response, "Content-Encoding"));
  return file;
}

}  // namespace cairn::source
