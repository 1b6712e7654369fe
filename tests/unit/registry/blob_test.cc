// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "base/sys/file.h"
#include "tests/unit/registry/registry_fixture.h"

using namespace cairn;
using namespace cairn::test;
using oci::Reference;

namespace {

const std::string kText = "0123456789abcdefghij";
const oci::Descriptor kBlob = ServedImage::describe(kText, oci::kOciLayer);
const std::string kLine = "GET https://r.io/v2/a/blobs/" + kBlob.digest.str();

std::string fetch(RegistryFixture& f, const oci::Descriptor& blob = kBlob) {
  registry::Client client = f.client();
  return read_all(*client.fetch_blob(Reference::parse("r.io/a"), blob));
}

}  // namespace

TEST_CASE("a blob comes whole") {
  RegistryFixture f;
  f.transport.answer(kLine, {.body = kText});
  CHECK(fetch(f) == kText);
}

TEST_CASE("a broken download goes on where it broke") {
  RegistryFixture f;
  f.transport.answer(kLine, {.body = kText, .break_after = 8});
  f.transport.answer(
      kLine,
      {.status = 206, .body = kText.substr(8), .headers = {{"Content-Range", "bytes 8-19/20"}}});
  CHECK(fetch(f) == kText);
  CHECK(f.transport.seen()[1].headers.find("Range") == "bytes=8-");
}

TEST_CASE("a server that knows no ranges is read again from the front") {
  RegistryFixture f;
  f.transport.answer(kLine, {.body = kText.substr(0, 8)});
  f.transport.answer(kLine, {.body = kText});
  CHECK(fetch(f) == kText);
}

TEST_CASE("a truncated blob is an error in the end") {
  RegistryFixture f;
  f.transport.answer(kLine, {.body = kText.substr(0, 8)});
  std::string text = refusal([&] { fetch(f); });
  CHECK(text.find("ends after 8 of 20 bytes: the connection ended") != std::string::npos);
}

TEST_CASE("bytes that are not those of the digest are an error before the last of them") {
  RegistryFixture f;
  f.transport.answer(kLine, {.body = "X" + kText.substr(1)});
  auto client = f.client();
  auto source = client.fetch_blob(Reference::parse("r.io/a"), kBlob);
  std::string got;
  std::byte buffer[7];
  CHECK(refusal([&] {
          while (std::size_t count = source->read(buffer)) got.append(count, 'x');
        }).starts_with("digest mismatch: https://r.io:443 sent sha256:"));
  CHECK(got.size() < kText.size());
}

TEST_CASE("a blob that is longer or of another length than said is refused") {
  RegistryFixture f;
  f.transport.answer(kLine, {.body = kText + "more"});
  CHECK(refusal([&] { fetch(f); }).find("longer than the 20 bytes") != std::string::npos);
  RegistryFixture g;
  g.transport.answer(kLine, {.body = kText, .headers = {{"Content-Length", "21"}}});
  CHECK(refusal([&] { fetch(g); }).find("offers 21 bytes, the manifest says 20") !=
        std::string::npos);
}

TEST_CASE("an empty blob is a blob") {
  RegistryFixture f;
  oci::Descriptor empty = ServedImage::describe("", oci::kOciLayer);
  f.transport.answer("GET https://r.io/v2/a/blobs/" + empty.digest.str(), {.body = ""});
  CHECK(fetch(f, empty).empty());
}

TEST_CASE("a redirect to another host takes no login along, and stays encrypted and public") {
  sys::TempDir dir("/tmp");
  sys::replace_file(dir.path() + "/auth.json", R"({"auths":{"r.io":{"auth":"dTpw"}}})");
  RegistryFixture f({dir.path() + "/auth.json"});
  f.transport.answer(kLine, {.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=x"}}});
  f.transport.answer(kLine, {.status = 307, .headers = {{"Location", "https://cdn.net/b?sig=1"}}});
  f.transport.answer("GET https://cdn.net/b?sig=1", {.body = kText});
  CHECK(fetch(f) == kText);
  const auto& seen = f.transport.seen();
  REQUIRE(seen.size() == 3);
  CHECK(seen[1].headers.find("Authorization") == "Basic dTpw");
  CHECK(!seen[2].headers.find("Authorization"));
  CHECK(seen[2].off_limits.private_hosts);
}

TEST_CASE("a redirect may not leave https, nor go round in circles") {
  RegistryFixture f;
  f.transport.answer(kLine, {.status = 302, .headers = {{"Location", "http://cdn.net/b"}}});
  CHECK(refusal([&] { fetch(f); }).ends_with("redirects to \"http://cdn.net/b\": not encrypted"));
  RegistryFixture g;
  g.transport.answer(kLine, {.status = 302, .headers = {{"Location", kLine.substr(4)}}});
  CHECK(refusal([&] { fetch(g); }).ends_with("too many redirects"));
}

TEST_CASE("a private registry may redirect to a private store") {
  RegistryFixture f;
  f.transport.answer(kLine, {.status = 302,
                             .headers = {{"Location", "https://minio/b"}},
                             .reach = registry::Reach::kPrivate});
  f.transport.answer("GET https://minio/b", {.body = kText});
  CHECK(fetch(f) == kText);
  CHECK(!f.transport.seen()[1].off_limits.private_hosts);
}
