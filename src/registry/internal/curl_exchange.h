// SPDX-License-Identifier: Apache-2.0
//
// One request through libcurl, with the answer as a stream. libcurl pushes bytes into callbacks,
// but a ByteSource is pulled: read() drives the transfer until bytes arrive. Used by one thread at
// a time.
#pragma once

#include <array>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "registry/curl_settings.h"
#include "registry/internal/curl_connections.h"
#include "registry/internal/libcurl.h"
#include "registry/internal/proxies.h"
#include "registry/internal/tls_failure.h"
#include "registry/transport.h"

namespace cairn::registry {

class CurlExchange final : public ByteSource {
 public:
  // Borrows `settings` and `connections` for its life.
  CurlExchange(const CurlSettings& settings, CurlConnections& connections, const Request& request);
  ~CurlExchange() override;

  // Runs until the headers have arrived; the exchange then becomes the response's body.
  static Response start(std::unique_ptr<CurlExchange> exchange);
  std::size_t read(std::span<std::byte> buffer) override;

 private:
  void set_up(const Request& request);
  void set_method(const Request& request);
  void set_tls(const Request& request);
  void set_addresses();
  template <typename Ready>
  void drive(Ready ready);
  bool step();  // false once the transfer is over
  void finish() noexcept;
  Failure failure() const;
  TlsTrouble tls_trouble() const;
  void wait(double limit);
  void refuse(Reach reach);
  std::string peer_address() const;  // numeric

  std::size_t on_body(std::span<const std::byte> bytes);
  void on_header(std::string_view line);
  std::size_t on_upload(std::span<std::byte> room);
  curl_socket_t on_socket(const curl_sockaddr& address);
  int on_connected(const char* address);

  static std::size_t body_callback(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t header_callback(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t upload_callback(char* data, std::size_t one, std::size_t size, void* self);
  static curl_socket_t socket_callback(void* self, curlsocktype, curl_sockaddr* address);
  static int connected_callback(void* self, char* address, char*, int, int);

  const CurlSettings& settings_;
  CurlConnections& connections_;
  Url url_;
  std::unique_ptr<CurlConnection> connection_;
  curl_slist* header_list_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  ByteSource* upload_;
  OffLimits off_limits_;
  std::string proxy_;  // "" for none
  double idle_seconds_;
  Certificates certificates_;
  std::stop_token stop_;

  int status_ = 0;
  Headers headers_;
  bool headers_done_ = false;
  std::span<std::byte> target_;  // the buffer of the current read()
  std::size_t filled_ = 0;
  std::vector<std::byte> spare_;  // bytes that did not fit into it
  std::size_t spare_at_ = 0;
  bool paused_ = false;
  bool over_ = false;
  CURLcode result_ = CURLE_OK;
  bool refused_address_ = false;
  double last_progress_ = 0;
  double silent_seconds_ = 0;  // set if silence ended the transfer
  bool noticed_ = false;       // on_silence was called
  std::exception_ptr thrown_;  // by the upload's source, inside a callback
};

}  // namespace cairn::registry
