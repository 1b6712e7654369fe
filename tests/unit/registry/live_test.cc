// SPDX-License-Identifier: Apache-2.0
//
// The real transport against a real registry on loopback. Needs CAIRN_TEST_REGISTRY=localhost:PORT,
// as scripts that start a docker-registry set it; without it these cases say that they were
// skipped.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "registry/curl_transport.h"
#include "tests/unit/registry/registry_fixture.h"

using namespace cairn;
using namespace cairn::test;
using oci::Reference;
using registry::Pushed;

namespace {

const char* live_registry() {
  const char* name = ::getenv("CAIRN_TEST_REGISTRY");
  if (name == nullptr) MESSAGE("skipped: CAIRN_TEST_REGISTRY is not set");
  return name;
}

// Text without a pattern that could hide a lost or doubled piece.
std::string noise(std::size_t size) {
  std::string out;
  for (Digest d = Digest::of("seed"); out.size() < size; d = Digest::of(d.str())) out += d.hex();
  out.resize(size);
  return out;
}

}  // namespace

TEST_CASE("an unreachable registry is an error of one line and no long wait") {
  registry::CurlTransport transport;
  registry::Credentials credentials;
  RecordingSink sink;
  registry::Client client(transport, credentials, sink);
  std::string text = refusal([&] { client.resolve(Reference::parse("localhost:1/a"), kAmd64); });
  CHECK(text.starts_with("cannot reach http://localhost:1: "));
}

TEST_CASE("what was pushed to a real registry comes back") {
  const char* host = live_registry();
  if (host == nullptr) return;
  registry::CurlTransport transport;
  registry::Credentials credentials;
  RecordingSink sink;
  registry::Client client(transport, credentials, sink);
  Reference reference = Reference::parse(std::string(host) + "/live/image:1");

  ServedImage image;
  std::string big = noise(20'000'000);
  oci::Descriptor blob = ServedImage::describe(big, oci::kOciLayer);
  auto opener = [](const std::string& text) {
    return [&text] { return std::make_unique<TextBody>(text); };
  };
  client.push_blob(reference, blob, opener(big));
  CHECK(client.push_blob(reference, blob, opener(big)) == Pushed::kExisted);
  Reference other = Reference::parse(std::string(host) + "/live/other:1");
  Pushed second = client.push_blob(other, blob, opener(big), "live/image");
  CHECK(second != Pushed::kUploaded);
  client.push_blob(reference, ServedImage::describe(image.layer, oci::kOciLayer),
                   opener(image.layer));
  client.push_blob(reference, ServedImage::describe(image.config, oci::kOciConfig),
                   opener(image.config));
  Digest digest = client.push_manifest(reference, image.manifest, oci::kOciManifest);

  auto resolved = client.resolve(reference, kAmd64);
  CHECK(resolved.digest == digest);
  CHECK(resolved.config_bytes == image.config);
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      auto source = client.fetch_blob(reference, blob);
      std::string got;
      std::vector<std::byte> buffer(100'000);
      while (std::size_t count = source->read(buffer)) {
        got.append(reinterpret_cast<const char*>(buffer.data()), count);
      }
      if (got == big) ++good;
    });
  }
  threads.clear();
  CHECK(good == 8);
  // A reader that leaves early disturbs nobody.
  {
    auto source = client.fetch_blob(reference, blob);
    std::byte few[10];
    source->read(few);
  }
  CHECK(client.has_blob(reference, blob.digest));
  CHECK(!client.has_blob(reference, Digest::of("absent")));
}

TEST_CASE("a server that accepts and says nothing is named, and given up in time") {
  int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{
      .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  socklen_t size = sizeof(address);
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener, 5) == 0);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::string origin = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));

  std::vector<std::string> named;
  registry::CurlTransport transport({.idle_seconds = 1.5,
                                     .notice_seconds = 0.2,
                                     .on_silence = [&](const std::string& who, double limit) {
                                       named.push_back(who);
                                       CHECK(limit == 1.5);
                                     }});
  registry::Response response = transport.send({.url = *registry::Url::find(origin + "/v2/")});
  ::close(listener);
  CHECK(named == std::vector<std::string>{origin});
  REQUIRE(response.failure);
  CHECK(response.failure->transient);
  CHECK(response.failure->silent_seconds > 1.4);
  CHECK(response.failure->reason.find("no data for") != std::string::npos);
}

TEST_CASE("an address that is off limits is not connected to") {
  registry::CurlTransport transport;
  for (const char* url : {"http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/"}) {
    registry::Response response =
        transport.send({.url = *registry::Url::find(url), .off_limits = {.loopback = true}});
    REQUIRE(response.failure);
    CHECK(response.failure->reason.find("refused") != std::string::npos);
    CHECK(!response.failure->transient);
  }
}
