// SPDX-License-Identifier: Apache-2.0
//
// One request through libcurl and its answer as a stream. libcurl pushes bytes into callbacks; here
// they are pulled: read() drives the transfer until there are some.
#pragma once

#include <array>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "registry/curl_transport.h"
#include "registry/internal/libcurl.h"

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

class CurlExchange final : public ByteSource {
 public:
  CurlExchange(CurlTransport& transport, const Request& request);
  ~CurlExchange() override;

  // Runs until the headers are there and hands the exchange over as the body.
  static Response start(std::unique_ptr<CurlExchange> exchange);
  std::size_t read(std::span<std::byte> buffer) override;

 private:
  void set_up(const Request& request);
  void set_method(const Request& request);
  template <typename Ready>
  void drive(Ready ready);
  bool step();  // false when the transfer is over
  void finish() noexcept;
  Failure failure() const;
  Reach reach_of_peer() const;

  std::size_t on_body(std::span<const std::byte> bytes);
  void on_header(std::string_view line);
  std::size_t on_upload(std::span<std::byte> room);
  curl_socket_t on_socket(const curl_sockaddr& address);

  static std::size_t body_callback(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t header_callback(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t upload_callback(char* data, std::size_t one, std::size_t size, void* self);
  static curl_socket_t socket_callback(void* self, curlsocktype, curl_sockaddr* address);

  CurlTransport& transport_;
  Url url_;
  std::unique_ptr<CurlConnection> connection_;
  curl_slist* header_list_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  ByteSource* upload_;
  bool public_only_;
  std::stop_token stop_;

  int status_ = 0;
  Headers headers_;
  bool headers_done_ = false;
  std::span<std::byte> target_;  // where read() wants its bytes
  std::size_t filled_ = 0;
  std::vector<std::byte> spare_;  // what came beyond that
  std::size_t spare_at_ = 0;
  bool paused_ = false;
  bool over_ = false;
  CURLcode result_ = CURLE_OK;
  bool refused_address_ = false;
  double last_progress_ = 0;
  std::exception_ptr thrown_;  // by the upload's source, inside a callback
};

}  // namespace cairn::registry
