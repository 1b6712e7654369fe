// SPDX-License-Identifier: Apache-2.0
//
// One HTTP exchange, as values. A transport knows nothing of registries: it follows no redirect,
// adds no credentials and tries nothing twice.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/stream.h"
#include "registry/url.h"

namespace cairn::registry {

enum class Method { kGet, kHead, kPost, kPut };
std::string_view name_of(Method method);

// Header names compare without case; the first of a name is the one found.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> all) : all_(all) {}

  void add(std::string name, std::string value);
  void set(std::string name, std::string value);  // replaces
  void remove(std::string_view name);
  std::optional<std::string> find(std::string_view name) const;
  std::vector<std::string> find_all(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

// Where an address may lie. The order is the order of trust asked for.
enum class Reach { kPublic, kPrivate, kLinkLocal, kLoopback };

struct Request {
  Method method = Method::kGet;
  Url url;
  Headers headers = {};
  std::string body = {};         // small ones
  ByteSource* upload = nullptr;  // large ones, of `upload_size` bytes; borrowed for the call
  std::int64_t upload_size = 0;
  // Refuse to connect to an address that is not public: for hosts that a server named, not the
  // user.
  bool public_only = false;
  std::stop_token stop = {};
};

// Why there was no answer.
struct Failure {
  std::string reason;
  bool transient = false;  // worth another try
};

struct Response {
  int status = 0;  // 0: no answer, see `failure`
  Headers headers = {};
  std::unique_ptr<ByteSource> body = {};  // never null with a status; kRegistry when it breaks
  Url url = {};                           // that answered
  Reach reach = Reach::kPublic;           // of the address that answered
  std::optional<Failure> failure = {};

  bool ok() const { return status >= 200 && status < 300; }
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Returns when the headers are there; the body streams from the network as it is read, and must
  // not outlive the transport. Safe from any thread.
  virtual Response send(const Request& request) = 0;
};

// The whole body; kRegistry when it is longer than `limit`.
std::string read_body(Response& response, std::size_t limit);

}  // namespace cairn::registry
