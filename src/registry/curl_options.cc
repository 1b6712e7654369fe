// SPDX-License-Identifier: Apache-2.0
//
// What libcurl is told before a transfer begins. Each option that narrows what it may do -
// protocols, addresses, redirects - is set here, so that one reading of this file shows what a
// request can reach.
#include "base/text.h"
#include "registry/internal/curl_exchange.h"
#include "registry/internal/reach.h"

namespace cairn::registry {
namespace {

constexpr long kBufferSize = 256 << 10;

}  // namespace

void CurlExchange::set_up(const Request& request) {
  CURL* easy = connection_->easy;
  set_option(easy, CURLOPT_URL, request.url.str().c_str());
  set_option(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set_option(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set_option(easy, CURLOPT_NOSIGNAL, 1L);
  // Large uploads are faster without HTTP/2's flow control windows; BuildKit does the same.
  set_option(easy, CURLOPT_HTTP_VERSION,
             long{request.upload != nullptr ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS});
  set_option(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set_option(easy, CURLOPT_PATH_AS_IS, 1L);  // a Location must be used unchanged
  set_option(easy, CURLOPT_BUFFERSIZE, kBufferSize);
  set_option(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings_.connect_seconds * 1000));
  set_option(easy, CURLOPT_USERAGENT, settings_.user_agent.c_str());
  set_option(easy, CURLOPT_ERRORBUFFER, error_text_.data());
  set_tls(request);
  set_option(easy, CURLOPT_PROXY, proxy_.c_str());  // "" disables the environment's proxy
  set_option(easy, CURLOPT_NOPROXY, "");
  set_option(easy, CURLOPT_WRITEFUNCTION, &body_callback);
  set_option(easy, CURLOPT_WRITEDATA, static_cast<void*>(this));
  set_option(easy, CURLOPT_HEADERFUNCTION, &header_callback);
  set_option(easy, CURLOPT_HEADERDATA, static_cast<void*>(this));
  set_addresses();
  set_method(request);
  for (const auto& header : request.headers.all()) {
    header_list_ =
        libcurl().curl_slist_append(header_list_, (header.first + ": " + header.second).c_str());
  }
  // Disables "Expect: 100-continue": the POST before an upload has already allowed it, so waiting
  // would only cost a round trip.
  header_list_ = libcurl().curl_slist_append(header_list_, "Expect:");
  set_option(easy, CURLOPT_HTTPHEADER, header_list_);
}

void CurlExchange::set_tls(const Request& request) {
  CURL* easy = connection_->easy;
  const HostRules* rules = settings_.rules;
  bool insecure =
      request.for_registry && (rules != nullptr ? rules->is_insecure(url_) : url_.loopback());
  if (url_.scheme != "https") return;
  if (rules != nullptr) certificates_ = rules->certificates(url_);
  if (insecure) {
    // Do not even load the CAs, which takes longer than the rest of the handshake.
    set_option(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    set_option(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    set_option(easy, CURLOPT_CAINFO, static_cast<const char*>(nullptr));
    set_option(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  } else if (!certificates_.authorities.empty()) {
    curl_blob blob{.data = certificates_.authorities.data(),
                   .len = certificates_.authorities.size(),
                   .flags = CURL_BLOB_COPY};
    set_option(easy, CURLOPT_CAINFO_BLOB, &blob);
  } else if (!certificates_.authorities_file.empty()) {
    set_option(easy, CURLOPT_CAINFO, certificates_.authorities_file.c_str());
  }
  if (certificates_.client_certificate.empty()) return;
  set_option(easy, CURLOPT_SSLCERT, certificates_.client_certificate.c_str());
  set_option(easy, CURLOPT_SSLKEY, certificates_.client_key.c_str());
}

// Checks addresses twice: before a connection is made, so that nothing is sent at all, and before a
// request uses an existing connection. With a proxy, the addresses are the proxy's, and the proxy
// decides what it reaches; but a host that is a numeric address is still checked.
void CurlExchange::set_addresses() {
  CURL* easy = connection_->easy;
  set_option(easy, CURLOPT_OPENSOCKETFUNCTION, &socket_callback);
  set_option(easy, CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  if (!off_limits_.any()) return;
  if (auto reach = url_.loopback() ? Reach::kLoopback : find_reach(url_.host)) refuse(*reach);
  if (!proxy_.empty()) return;
  if (set_option(easy, CURLOPT_PREREQFUNCTION, &connected_callback) == CURLE_OK) {
    set_option(easy, CURLOPT_PREREQDATA, static_cast<void*>(this));
  } else {
    set_option(easy, CURLOPT_FRESH_CONNECT, 1L);  // before libcurl 7.80
  }
}

void CurlExchange::refuse(Reach reach) {
  if (off_limits_.covers(reach)) refused_address_ = true;
}

void CurlExchange::set_method(const Request& request) {
  CURL* easy = connection_->easy;
  switch (request.method) {
    case Method::kGet: break;
    case Method::kHead: set_option(easy, CURLOPT_NOBODY, 1L); break;
    case Method::kPost:
      set_option(easy, CURLOPT_POST, 1L);
      set_option(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      set_option(easy, CURLOPT_COPYPOSTFIELDS, request.body.c_str());
      break;
    case Method::kPut:
      set_option(easy, CURLOPT_UPLOAD, 1L);
      set_option(easy, CURLOPT_READFUNCTION, &upload_callback);
      set_option(easy, CURLOPT_READDATA, static_cast<void*>(this));
      set_option(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.upload_size));
      set_option(easy, CURLOPT_UPLOAD_BUFFERSIZE, kBufferSize);
      break;
  }
}

}  // namespace cairn::registry
