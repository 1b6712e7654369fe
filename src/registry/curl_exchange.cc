// SPDX-License-Identifier: Apache-2.0
#include "registry/internal/curl_exchange.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

namespace cairn::registry {
namespace {

constexpr long kBufferSize = 256 << 10;
constexpr std::size_t kMaxSpare = 1 << 20;
constexpr std::size_t kMaxHeaders = 200;
constexpr int kPollMilliseconds = 1000;

Reach reach_of_v4(std::uint32_t a) {
  if (a >> 24 == 127 || a >> 24 == 0) return Reach::kLoopback;
  if (a >> 16 == 0xa9fe) return Reach::kLinkLocal;  // 169.254/16, where clouds keep their secrets
  if (a >> 24 == 10 || a >> 20 == 0xac1 || a >> 16 == 0xc0a8 || a >> 22 == 0x191) {
    return Reach::kPrivate;  // RFC 1918, and 100.64/10 of RFC 6598
  }
  return Reach::kPublic;
}

Reach reach_of(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    return reach_of_v4(ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr));
  }
  if (address->sa_family != AF_INET6) return Reach::kLoopback;
  const in6_addr& v6 = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) {
    std::uint32_t v4 = 0;
    std::memcpy(&v4, v6.s6_addr + 12, 4);
    return reach_of_v4(ntohl(v4));
  }
  if (IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_UNSPECIFIED(&v6)) return Reach::kLoopback;
  if (IN6_IS_ADDR_LINKLOCAL(&v6)) return Reach::kLinkLocal;
  if ((v6.s6_addr[0] & 0xfe) == 0xfc) return Reach::kPrivate;
  return Reach::kPublic;
}

// With a proxy the address we connect to is the proxy's, and the proxy decides what it reaches.
bool uses_proxy() {
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    const char* value = ::getenv(name);
    if (value != nullptr && *value != '\0') return true;
  }
  return false;
}

bool is_transient(CURLcode code) {
  switch (code) {
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return true;
    default: return false;
  }
}

template <typename Value>
void set(CURL* easy, CURLoption option, Value value) {
  libcurl().curl_easy_setopt(easy, option, value);
}

}  // namespace

CurlConnection::CurlConnection()
    : multi(libcurl().curl_multi_init()), easy(libcurl().curl_easy_init()) {
  CAIRN_ASSERT(multi != nullptr && easy != nullptr, "libcurl gives handles");
}

CurlConnection::~CurlConnection() {
  libcurl().curl_easy_cleanup(easy);
  libcurl().curl_multi_cleanup(multi);
}

CurlExchange::CurlExchange(CurlTransport& transport, const Request& request)
    : transport_(transport),
      url_(request.url),
      connection_(transport.take(request.url.origin())),
      upload_(request.upload),
      public_only_(request.public_only && !uses_proxy()),
      stop_(request.stop),
      last_progress_(monotonic_seconds()) {
  set_up(request);
  libcurl().curl_multi_add_handle(connection_->multi, connection_->easy);
}

CurlExchange::~CurlExchange() {
  finish();
}

void CurlExchange::finish() noexcept {
  if (!connection_) return;
  // Taking out a transfer that is not over closes its connection; one that is over keeps it.
  libcurl().curl_multi_remove_handle(connection_->multi, connection_->easy);
  libcurl().curl_easy_reset(connection_->easy);
  libcurl().curl_slist_free_all(header_list_);
  header_list_ = nullptr;
  transport_.give_back(url_.origin(), std::move(connection_));
}

void CurlExchange::set_up(const Request& request) {
  CURL* easy = connection_->easy;
  const CurlSettings& settings = transport_.settings_;
  set(easy, CURLOPT_URL, request.url.str().c_str());
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy, CURLOPT_NOSIGNAL, 1L);
  // Large uploads do better without HTTP/2's flow control windows; BuildKit does the same.
  set(easy, CURLOPT_HTTP_VERSION,
      long{request.upload != nullptr ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS});
  set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(easy, CURLOPT_PATH_AS_IS, 1L);  // a Location is used as it was given
  set(easy, CURLOPT_BUFFERSIZE, kBufferSize);
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_seconds * 1000));
  set(easy, CURLOPT_USERAGENT, settings.user_agent.c_str());
  set(easy, CURLOPT_ERRORBUFFER, error_text_.data());
  if (!settings.ca_file.empty()) set(easy, CURLOPT_CAINFO, settings.ca_file.c_str());
  set(easy, CURLOPT_WRITEFUNCTION, &body_callback);
  set(easy, CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(easy, CURLOPT_HEADERFUNCTION, &header_callback);
  set(easy, CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(easy, CURLOPT_OPENSOCKETFUNCTION, &socket_callback);
  set(easy, CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  // A connection that was made without the check must not serve a request that wants it.
  if (public_only_) set(easy, CURLOPT_FRESH_CONNECT, 1L);
  set_method(request);
  for (const auto& header : request.headers.all()) {
    header_list_ =
        libcurl().curl_slist_append(header_list_, (header.first + ": " + header.second).c_str());
  }
  // An upload follows an answer that allowed it; waiting for "100 Continue" would only cost time.
  header_list_ = libcurl().curl_slist_append(header_list_, "Expect:");
  set(easy, CURLOPT_HTTPHEADER, header_list_);
}

void CurlExchange::set_method(const Request& request) {
  CURL* easy = connection_->easy;
  switch (request.method) {
    case Method::kGet: break;
    case Method::kHead: set(easy, CURLOPT_NOBODY, 1L); break;
    case Method::kPost:
      set(easy, CURLOPT_POST, 1L);
      set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      set(easy, CURLOPT_COPYPOSTFIELDS, request.body.c_str());
      break;
    case Method::kPut:
      set(easy, CURLOPT_UPLOAD, 1L);
      set(easy, CURLOPT_READFUNCTION, &upload_callback);
      set(easy, CURLOPT_READDATA, static_cast<void*>(this));
      set(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.upload_size));
      set(easy, CURLOPT_UPLOAD_BUFFERSIZE, kBufferSize);
      break;
  }
}

Response CurlExchange::start(std::unique_ptr<CurlExchange> exchange) {
  CurlExchange& self = *exchange;
  self.drive([&] { return self.headers_done_; });
  // The source of an upload is borrowed for the call: what it has not given by now is not needed.
  self.upload_ = nullptr;
  Response response{.url = self.url_};
  if (self.over_ && self.result_ != CURLE_OK && !self.headers_done_) {
    response.failure = self.failure();
    return response;
  }
  response.status = self.status_;
  response.headers = self.headers_;
  response.reach = self.reach_of_peer();
  response.body = std::move(exchange);
  return response;
}

Reach CurlExchange::reach_of_peer() const {
  char* text = nullptr;
  libcurl().curl_easy_getinfo(connection_->easy, CURLINFO_PRIMARY_IP, &text);
  sockaddr_in v4{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  if (text == nullptr) return Reach::kPublic;
  if (::inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
    return reach_of(reinterpret_cast<const sockaddr*>(&v4));
  }
  if (::inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
    return reach_of(reinterpret_cast<const sockaddr*>(&v6));
  }
  return Reach::kPublic;
}

template <typename Ready>
void CurlExchange::drive(Ready ready) {
  last_progress_ = monotonic_seconds();
  std::stop_callback wake(stop_, [this] { libcurl().curl_multi_wakeup(connection_->multi); });
  while (!ready() && step()) {
    if (ready()) return;
    if (stop_.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
    if (monotonic_seconds() - last_progress_ > transport_.settings_.idle_seconds) {
      over_ = true;
      result_ = CURLE_OPERATION_TIMEDOUT;
      fmt::format_to_n(error_text_.data(), error_text_.size() - 1, "no data for {} seconds",
                       transport_.settings_.idle_seconds);
      return;
    }
    libcurl().curl_multi_poll(connection_->multi, nullptr, 0, kPollMilliseconds, nullptr);
  }
}

bool CurlExchange::step() {
  if (over_) return false;
  int running = 0;
  libcurl().curl_multi_perform(connection_->multi, &running);
  int left = 0;
  while (CURLMsg* message = libcurl().curl_multi_info_read(connection_->multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    over_ = true;
    result_ = message->data.result;
  }
  if (thrown_) std::rethrow_exception(thrown_);
  return !over_;
}

std::size_t CurlExchange::read(std::span<std::byte> buffer) {
  if (spare_at_ < spare_.size()) {
    std::size_t count = std::min(buffer.size(), spare_.size() - spare_at_);
    std::copy_n(spare_.begin() + static_cast<std::ptrdiff_t>(spare_at_), count, buffer.begin());
    spare_at_ += count;
    if (spare_at_ == spare_.size()) {
      spare_.clear();
      spare_at_ = 0;
    }
    return count;
  }
  target_ = buffer;
  filled_ = 0;
  if (paused_) {
    paused_ = false;
    libcurl().curl_easy_pause(connection_->easy, CURLPAUSE_CONT);  // may call on_body at once
  }
  drive([this] { return filled_ > 0; });
  target_ = {};
  if (filled_ == 0 && result_ != CURLE_OK) {
    throw Error::of(ErrorKind::kRegistry, "reading from {}: {}", url_.origin(), failure().reason);
  }
  return filled_;
}

Failure CurlExchange::failure() const {
  if (refused_address_) {
    return {.reason = "the server named a host on a private network: refused"};
  }
  std::string reason = error_text_[0] != '\0' ? std::string(trim(error_text_.data()))
                                              : std::string(libcurl().curl_easy_strerror(result_));
  return {.reason = reason, .transient = is_transient(result_)};
}

std::size_t CurlExchange::on_body(std::span<const std::byte> bytes) {
  // libcurl hands out pieces of its own size. A pause makes it keep this one and deliver it again.
  if (spare_.size() - spare_at_ > kMaxSpare) {
    paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  last_progress_ = monotonic_seconds();
  std::size_t direct = std::min(bytes.size(), target_.size() - filled_);
  if (direct > 0) std::memcpy(target_.data() + filled_, bytes.data(), direct);
  filled_ += direct;
  spare_.insert(spare_.end(), bytes.begin() + static_cast<std::ptrdiff_t>(direct), bytes.end());
  return bytes.size();
}

void CurlExchange::on_header(std::string_view line) {
  last_progress_ = monotonic_seconds();
  line = trim(line);
  if (line.starts_with("HTTP/")) {
    headers_ = {};
    std::size_t space = line.find(' ');
    std::string_view code = space == std::string_view::npos ? "" : line.substr(space + 1, 3);
    status_ = static_cast<int>(parse_uint(code).value_or(0));
  } else if (line.empty()) {
    headers_done_ = status_ >= 200;  // 1xx answers come before the real one
  } else if (std::size_t colon = line.find(':'); colon != std::string_view::npos) {
    if (headers_done_ || headers_.all().size() >= kMaxHeaders) return;  // trailers, floods
    headers_.add(std::string(trim(line.substr(0, colon))),
                 std::string(trim(line.substr(colon + 1))));
  }
}

std::size_t CurlExchange::on_upload(std::span<std::byte> room) {
  last_progress_ = monotonic_seconds();
  if (upload_ == nullptr) return CURL_READFUNC_ABORT;
  try {
    return upload_->read(room);
  } catch (...) {
    thrown_ = std::current_exception();  // must not pass through C
    return CURL_READFUNC_ABORT;
  }
}

curl_socket_t CurlExchange::on_socket(const curl_sockaddr& address) {
  Reach reach = reach_of(&address.addr);
  if (public_only_ && reach != Reach::kPublic) {
    refused_address_ = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
}

std::size_t CurlExchange::body_callback(char* data, std::size_t, std::size_t size, void* self) {
  return static_cast<CurlExchange*>(self)->on_body(std::as_bytes(std::span(data, size)));
}

std::size_t CurlExchange::header_callback(char* data, std::size_t, std::size_t size, void* self) {
  static_cast<CurlExchange*>(self)->on_header({data, size});
  return size;
}

std::size_t CurlExchange::upload_callback(char* data, std::size_t one, std::size_t size,
                                          void* self) {
  return static_cast<CurlExchange*>(self)->on_upload(
      std::as_writable_bytes(std::span(data, one * size)));
}

curl_socket_t CurlExchange::socket_callback(void* self, curlsocktype, curl_sockaddr* address) {
  return static_cast<CurlExchange*>(self)->on_socket(*address);
}

}  // namespace cairn::registry
