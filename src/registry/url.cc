// SPDX-License-Identifier: Apache-2.0
//
// libcurl parses URLs, so that the host we check is the host it connects to: two parsers that
// disagree are how such checks are bypassed. Everything after that is string comparison.
#include "registry/url.h"

#include <arpa/inet.h>

#include <memory>
#include <vector>

#include "base/text.h"
#include "registry/internal/libcurl.h"

namespace cairn::registry {
namespace {

using Handle = std::unique_ptr<CURLU, void (*)(CURLU*)>;

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (libcurl().curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
  std::string out = text;
  libcurl().curl_free(text);
  return out;
}

std::optional<Url> read_parts(CURLU* handle) {
  Url url{.scheme = part(handle, CURLUPART_SCHEME),
          .host = to_lower(part(handle, CURLUPART_HOST)),
          .target = part(handle, CURLUPART_PATH)};
  // A login in a URL would end up in logs and messages.
  bool named_user =
      !part(handle, CURLUPART_USER).empty() || !part(handle, CURLUPART_PASSWORD).empty();
  if ((url.scheme != "http" && url.scheme != "https") || url.host.empty() || named_user) {
    return std::nullopt;
  }
  // An IPv6 address: the brackets are only syntax.
  if (url.host.starts_with('[')) url.host = url.host.substr(1, url.host.size() - 2);
  auto port = parse_uint(part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT));
  if (!port || *port == 0 || *port > 65535) return std::nullopt;
  url.port = static_cast<int>(*port);
  if (std::string query = part(handle, CURLUPART_QUERY); !query.empty()) url.target += "?" + query;
  return url;
}

bool is_address(const std::string& host) {
  in6_addr any{};
  return ::inet_pton(AF_INET, host.c_str(), &any) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

}  // namespace

std::optional<Url> Url::find(std::string_view text) {
  Handle handle(libcurl().curl_url(), libcurl().curl_url_cleanup);
  if (libcurl().curl_url_set(handle.get(), CURLUPART_URL, std::string(text).c_str(), 0) !=
      CURLUE_OK) {
    return std::nullopt;
  }
  return read_parts(handle.get());
}

std::optional<Url> Url::resolve(std::string_view location) const {
  Handle handle(libcurl().curl_url(), libcurl().curl_url_cleanup);
  if (libcurl().curl_url_set(handle.get(), CURLUPART_URL, str().c_str(), 0) != CURLUE_OK ||
      libcurl().curl_url_set(handle.get(), CURLUPART_URL, std::string(location).c_str(), 0) !=
          CURLUE_OK) {
    return std::nullopt;
  }
  return read_parts(handle.get());
}

std::string Url::origin() const {
  bool v6 = host.find(':') != std::string::npos;
  return scheme + "://" + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string Url::str() const {
  std::string text = origin();
  std::string usual = scheme == "https" ? ":443" : ":80";
  if (text.ends_with(usual)) text.resize(text.size() - usual.size());
  return text + target;
}

bool Url::loopback() const {
  return is_loopback_host(host);
}

bool is_loopback_host(std::string_view host) {
  if (host == "localhost" || host == "::1" || host == "[::1]") return true;
  in_addr address{};
  return ::inet_pton(AF_INET, std::string(host).c_str(), &address) == 1 &&
         (ntohl(address.s_addr) >> 24) == 127;
}

bool same_site(std::string_view a, std::string_view b) {
  std::string first = to_lower(a);
  std::string second = to_lower(b);
  if (first == second) return true;
  if (is_address(first) || is_address(second)) return false;
  std::vector<std::string> x = split(first, '.');
  std::vector<std::string> y = split(second, '.');
  std::size_t common = 0;
  while (common < x.size() && common < y.size() &&
         x[x.size() - 1 - common] == y[y.size() - 1 - common]) {
    ++common;
  }
  if (common < 2) return false;
  // Under co.uk, com.au and the like, two common labels are shared by different owners. A heuristic
  // that errs on the strict side: the login is then not sent.
  bool country = x.back().size() == 2 && x[x.size() - 2].size() <= 3;
  return common >= (country ? 3U : 2U);
}

std::string percent_encode(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '.' || c == '_' || c == '~';
    auto byte = static_cast<unsigned char>(c);
    if (plain) {
      out += c;
    } else {
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

}  // namespace cairn::registry
