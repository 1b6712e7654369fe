// SPDX-License-Identifier: Apache-2.0
//
// One HTTP exchange, as values. A transport knows nothing about registries: it follows no
// redirects, adds no credentials and retries nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/stream.h"
#include "registry/url.h"

namespace cairn::registry {

enum class Method { kGet, kHead, kPost, kPut };
std::string_view name_of(Method method);

// Header names are compared without case. find() returns the first header of a name.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> all) : all_(all) {}

  void add(std::string name, std::string value);
  void set(std::string name, std::string value);  // replaces all of that name
  void remove(std::string_view name);
  std::optional<std::string> find(std::string_view name) const;
  std::vector<std::string> find_all(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

// Where an address is. Link-local includes the addresses of clouds' metadata services, which hand
// out secrets.
enum class Reach { kPublic, kPrivate, kLinkLocal, kLoopback };

// Addresses that a request must not connect to, if its host was named by a server, not by the user
// (server-side request forgery). The transport checks the address it connects to, not the name, so
// DNS rebinding does not help.
struct OffLimits {
  bool private_hosts = false;
  bool link_local = false;
  bool loopback = false;

  // The limits for hosts named by a server at this address: from the public network only public
  // ones, and link-local ones from nowhere.
  static OffLimits after(Reach reach) {
    bool is_public = reach == Reach::kPublic;
    return {.private_hosts = is_public, .link_local = true, .loopback = is_public};
  }
  bool covers(Reach reach) const {
    return (reach == Reach::kPrivate && private_hosts) ||
           (reach == Reach::kLinkLocal && link_local) || (reach == Reach::kLoopback && loopback);
  }
  bool any() const { return private_hosts || link_local || loopback; }
  bool operator==(const OffLimits&) const = default;
};

struct Request {
  Method method = Method::kGet;
  Url url;
  Headers headers = {};
  std::string body = {};         // for small bodies
  ByteSource* upload = nullptr;  // for large bodies of `upload_size` bytes; borrowed for the call
  std::int64_t upload_size = 0;
  OffLimits off_limits = {};
  // For a registry, or its token server: such hosts may be allowed to have an untrusted certificate
  // (HostRules). Other requests always verify.
  bool for_registry = false;
  double idle_seconds = 0;  // silence before giving up; 0: the transport's default
  std::stop_token stop = {};
};

// Why there was no answer.
struct Failure {
  std::string reason;
  std::string hint = {};      // what the user can do
  bool transient = false;     // a retry may help
  bool unreachable = false;   // nobody listens, or the name has no address
  bool not_tls = false;       // the answer to a ClientHello was something else
  double silent_seconds = 0;  // seconds without data before we gave up
  bool refused = false;       // by OffLimits
};

struct Response {
  int status = 0;  // 0: no answer, see `failure`
  Headers headers = {};
  std::unique_ptr<ByteSource> body = {};  // never null with a status; throws kRegistry if it breaks
  Url url = {};                           // the URL that answered
  Reach reach = Reach::kPublic;           // of the address that answered
  std::string address = {};               // that address, numeric; empty behind a proxy
  std::optional<Failure> failure = {};

  bool ok() const { return status >= 200 && status < 300; }
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Returns once the headers have arrived. The body streams from the network as it is read, and
  // must not outlive the transport. Without an answer, the response has a failure; throws
  // kCancelled. Thread-safe.
  virtual Response send(const Request& request) = 0;
};

// Malformed data that a server sent is the server's fault, not a damaged store: kCorrupt becomes
// kRegistry. For amend().
inline void blame_server(Error& error) {
  if (error.kind() == ErrorKind::kCorrupt) error.set_kind(ErrorKind::kRegistry);
}

// The whole body. Throws kRegistry if it is longer than `limit` bytes.
std::string read_body(Response& response, std::size_t limit);

}  // namespace cairn::registry
