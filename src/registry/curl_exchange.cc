// SPDX-License-Identifier: Apache-2.0
//
// The multi interface is used, with one easy handle, because it can be interrupted
// (curl_multi_wakeup from a stop callback) and driven by read(). Bytes are delivered into the
// reader's buffer, what exceeds it is kept, and beyond 1 MiB libcurl is paused, so that a slow
// reader slows the sender. Silence is measured here, so that the user hears of it long before the
// timeout.
#include "registry/internal/curl_exchange.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/attempt.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "registry/internal/http_error.h"
#include "registry/internal/reach.h"

namespace cairn::registry {
namespace {

constexpr std::size_t kMaxSpare = 1 << 20;
constexpr std::size_t kMaxHeaders = 200;
constexpr int kPollMilliseconds = 1000;  // how often silence is checked

bool is_transient(CURLcode code) {
  switch (code) {
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:  // a kept connection was dead: the upload starts again from its
                                  // front
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return true;
    default: return false;
  }
}

bool is_unreachable(CURLcode code) {
  return code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
         code == CURLE_COULDNT_RESOLVE_PROXY;
}

}  // namespace

CurlExchange::CurlExchange(const CurlSettings& settings, CurlConnections& connections,
                           const Request& request)
    : settings_(settings),
      connections_(connections),
      url_(request.url),
      connection_(connections.open(request.url.origin())),
      upload_(request.upload),
      off_limits_(request.off_limits),
      proxy_(choose_proxy(request.url)),
      idle_seconds_(request.idle_seconds > 0 ? request.idle_seconds : settings.idle_seconds),
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
  // Removing an unfinished transfer closes its connection; that of a finished one is kept for
  // reuse.
  libcurl().curl_multi_remove_handle(connection_->multi, connection_->easy);
  libcurl().curl_easy_reset(connection_->easy);
  libcurl().curl_slist_free_all(header_list_);
  header_list_ = nullptr;
  connections_.give_back(url_.origin(), std::move(connection_));
}

Response CurlExchange::start(std::unique_ptr<CurlExchange> exchange) {
  CurlExchange& self = *exchange;
  self.drive([&] { return self.headers_done_; });
  // The upload's source is borrowed for this call only; once the answer has begun, nothing more of
  // it is needed.
  self.upload_ = nullptr;
  Response response{.url = self.url_};
  if (self.over_ && self.result_ != CURLE_OK && !self.headers_done_) {
    response.failure = self.failure();
    return response;
  }
  response.status = self.status_;
  response.headers = self.headers_;
  std::string peer = self.peer_address();
  response.reach = find_reach(peer).value_or(Reach::kPublic);
  if (self.proxy_.empty()) response.address = peer;
  response.body = std::move(exchange);
  return response;
}

std::string CurlExchange::peer_address() const {
  char* text = nullptr;
  libcurl().curl_easy_getinfo(connection_->easy, CURLINFO_PRIMARY_IP, &text);
  return text == nullptr ? "" : text;
}

template <typename Ready>
void CurlExchange::drive(Ready ready) {
  if (refused_address_) {  // by set_addresses(): a numeric host
    over_ = true;
    result_ = CURLE_COULDNT_CONNECT;
  }
  last_progress_ = monotonic_seconds();
  double limit = headers_done_ ? idle_seconds_ / 2 : idle_seconds_;
  std::stop_callback wake(stop_, [this] { libcurl().curl_multi_wakeup(connection_->multi); });
  while (!ready() && step()) {
    if (ready()) return;
    if (stop_.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
    wait(limit);
    if (over_) return;
  }
}

void CurlExchange::wait(double limit) {
  double silence = monotonic_seconds() - last_progress_;
  if (silence > limit) {
    over_ = true;
    result_ = CURLE_OPERATION_TIMEDOUT;
    silent_seconds_ = silence;
    fmt::format_to_n(error_text_.data(), error_text_.size() - 1, "no data for {:.0f} seconds",
                     limit);
    return;
  }
  if (!noticed_ && silence > settings_.notice_seconds && settings_.on_silence) {
    noticed_ = true;
    settings_.on_silence(url_.origin(), idle_seconds_);
  }
  libcurl().curl_multi_poll(connection_->multi, nullptr, 0, kPollMilliseconds, nullptr);
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
    if (result_ == CURLE_OPERATION_TIMEDOUT) silent_seconds_ = monotonic_seconds() - last_progress_;
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
    return {.reason = "the server named a host at an address that it may not lead to: refused",
            .refused = true};
  }
  if (is_tls_trouble(result_, error_text_.data())) return explain_tls(tls_trouble(), url_);
  std::string reason = error_text_[0] != '\0' ? std::string(trim(error_text_.data()))
                                              : std::string(libcurl().curl_easy_strerror(result_));
  return {.reason = reason,
          .transient = is_transient(result_) || is_unreachable(result_),
          .unreachable = is_unreachable(result_),
          .silent_seconds = silent_seconds_};
}

// A failed handshake leaves no certificate to show, so connect once more without verification and
// without a request, only to read the issuer.
TlsTrouble CurlExchange::tls_trouble() const {
  TlsTrouble trouble{.code = result_,
                     .text = std::string(trim(error_text_.data())),
                     .client_certificate = certificates_.client_certificate};
  libcurl().curl_easy_getinfo(connection_->easy, CURLINFO_SSL_VERIFYRESULT, &trouble.verify_result);
  if (result_ != CURLE_PEER_FAILED_VERIFICATION) return trouble;
  std::unique_ptr<CURL, void (*)(CURL*)> easy(libcurl().curl_easy_init(),
                                              libcurl().curl_easy_cleanup);
  set_option(easy.get(), CURLOPT_URL, url_.str().c_str());
  set_option(easy.get(), CURLOPT_NOSIGNAL, 1L);
  set_option(easy.get(), CURLOPT_CONNECT_ONLY, 1L);
  set_option(easy.get(), CURLOPT_SSL_VERIFYPEER, 0L);
  set_option(easy.get(), CURLOPT_SSL_VERIFYHOST, 0L);
  set_option(easy.get(), CURLOPT_CERTINFO, 1L);
  set_option(easy.get(), CURLOPT_TIMEOUT_MS, 5000L);
  set_option(easy.get(), CURLOPT_PROXY, proxy_.c_str());
  set_option(easy.get(), CURLOPT_NOPROXY, "");
  set_option(easy.get(), CURLOPT_OPENSOCKETFUNCTION, &socket_callback);
  set_option(easy.get(), CURLOPT_OPENSOCKETDATA, const_cast<CurlExchange*>(this));
  curl_certinfo* chain = nullptr;
  if (libcurl().curl_easy_perform(easy.get()) != CURLE_OK ||
      libcurl().curl_easy_getinfo(easy.get(), CURLINFO_CERTINFO, &chain) != CURLE_OK ||
      chain == nullptr || chain->num_of_certs < 1) {
    return trouble;
  }
  std::string subject;
  for (const curl_slist* line = chain->certinfo[0]; line != nullptr; line = line->next) {
    std::string_view text = line->data;
    if (text.starts_with("Issuer:")) trouble.issuer = clean_text(text.substr(7), 200);
    if (text.starts_with("Subject:")) subject = clean_text(text.substr(8), 200);
  }
  trouble.self_signed = !subject.empty() && subject == trouble.issuer;
  return trouble;
}

std::size_t CurlExchange::on_body(std::span<const std::byte> bytes) {
  // libcurl delivers pieces of its own size. After a pause it delivers this piece again.
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
    headers_done_ = status_ >= 200;  // 1xx responses precede the final one
  } else if (std::size_t colon = line.find(':'); colon != std::string_view::npos) {
    if (headers_done_ || headers_.all().size() >= kMaxHeaders) return;  // trailers, or too many
    headers_.add(std::string(trim(line.substr(0, colon))),
                 std::string(trim(line.substr(colon + 1))));
  }
}

std::size_t CurlExchange::on_upload(std::span<std::byte> room) {
  last_progress_ = monotonic_seconds();
  if (upload_ == nullptr) return CURL_READFUNC_ABORT;
  std::size_t count = 0;
  std::exception_ptr failure = exception_of([&] { count = upload_->read(room); });
  if (!failure) return count;
  thrown_ = failure;  // must not unwind through C
  return CURL_READFUNC_ABORT;
}

curl_socket_t CurlExchange::on_socket(const curl_sockaddr& address) {
  Reach reach = reach_of(&address.addr);
  if (proxy_.empty()) refuse(reach);
  if (refused_address_) return CURL_SOCKET_BAD;
  return ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
}

int CurlExchange::on_connected(const char* address) {
  refuse(find_reach(address).value_or(Reach::kPublic));
  return refused_address_ ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

int CurlExchange::connected_callback(void* self, char* address, char*, int, int) {
  return static_cast<CurlExchange*>(self)->on_connected(address);
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
