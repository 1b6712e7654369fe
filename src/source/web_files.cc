// SPDX-License-Identifier: Apache-2.0
#include "source/web_files.h"

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "registry/fetch.h"

namespace cairn::source {
namespace {

// Two servers may call the same bytes by a strong and a weak name.
std::string_view etag_value(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  return etag;
}

std::string header(const registry::Response& response, std::string_view name) {
  return response.headers.find(name).value_or("");
}

}  // namespace

WebFile WebFiles::open(const std::string& url, const std::string& known_etag,
                       std::stop_token stop) const {
  std::optional<registry::Url> parsed = registry::Url::find(url.substr(0, url.find('#')));
  if (!parsed) {
    throw Error::of(ErrorKind::kUsage, "{} is not a URL that can be fetched", url)
        .with_hint(
            "user names and passwords do not belong into a URL: give a secret called "
            "HTTP_AUTH_HEADER_<host> instead");
  }
  registry::Request request{.url = *parsed};
  auto authorize = [&](const char* prefix, const char* scheme) {
    std::optional<std::string> secret;
    if (find_secret_) secret = find_secret_(prefix + parsed->host);
    if (secret) request.headers.set("Authorization", scheme + std::string(trim(*secret)));
  };
  authorize("HTTP_AUTH_HEADER_", "");
  authorize("HTTP_AUTH_TOKEN_", "Bearer ");
  if (!known_etag.empty()) request.headers.set("If-None-Match", known_etag);

  registry::Response response = registry::fetch(transport_, std::move(request), url, stop);
  WebFile file;
  file.etag = header(response, "ETag");
  // Some servers answer 304 without saying of what, others never do and send the whole file again.
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
  return file;
}

}  // namespace cairn::source
