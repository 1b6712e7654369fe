// SPDX-License-Identifier: Apache-2.0
#include "source/remote_files.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "tests/support/fake_transport.h"

using namespace cairn;
using namespace cairn::test;

namespace {

constexpr const char* kUrl = "https://h.example/a/file.tar?x=1";

std::string read(source::RemoteFile& file) {
  std::string text(64, '\0');
  text.resize(file.body->read(std::as_writable_bytes(std::span(text))));
  return text;
}

}  // namespace

TEST_CASE("a remote file comes with its date, its size and its ETag") {  // D04
  FakeTransport transport;
  transport.answer(std::string("GET ") + kUrl,
                   {.body = "bytes",
                    .headers = {{"ETag", "\"1\""},
                                {"Content-Length", "5"},
                                {"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"}}});
  source::RemoteFile file = source::RemoteFiles(transport, {}).open(kUrl, "", {});
  CHECK(file.etag == "\"1\"");
  CHECK(file.size == 5);
  CHECK(file.modified == Timestamp{.seconds = 784111777});
  CHECK(read(file) == "bytes");
}

TEST_CASE("a file with the known ETag is not read again, however the server says so") {  // K11
  for (const Answer& answer : std::initializer_list<Answer>{
           {.status = 304}, {.status = 200, .body = "same", .headers = {{"ETag", "W/\"1\""}}}}) {
    FakeTransport transport;
    transport.answer(std::string("GET ") + kUrl, answer);
    CHECK(source::RemoteFiles(transport, {}).open(kUrl, "\"1\"", {}).is_unchanged);
    CHECK(transport.seen().at(0).headers.find("If-None-Match") == "\"1\"");
  }
}

TEST_CASE("secrets named after the host log in there, and go no further") {  // D04
  FakeTransport transport;
  transport.answer(std::string("GET ") + kUrl,
                   {.status = 302, .headers = {{"Location", "https://cdn.example/f"}}});
  transport.answer("GET https://cdn.example/f", {.body = "x"});
  auto secret = [](const std::string& id) -> std::optional<std::string> {
    if (id == "HTTP_AUTH_TOKEN_h.example") return "token\n";
    return std::nullopt;
  };
  source::RemoteFiles(transport, secret).open(kUrl, "", {});
  CHECK(transport.seen().at(0).headers.find("Authorization") == "Bearer token");
  CHECK_FALSE(transport.seen().at(1).headers.find("Authorization"));
}

TEST_CASE("what is no success is told with its status") {
  FakeTransport transport;
  source::RemoteFiles web(transport, {});
  CHECK_THROWS_WITH_AS(web.open(kUrl, "", {}),
                       (std::string(kUrl) + ": invalid response status 404").c_str(), Error);
  CHECK_THROWS_AS(web.open("ftp://h.example/", "", {}), Error);
}

TEST_CASE("the login of a URL goes to its host and into no message") {
  FakeTransport transport;
  transport.answer("GET https://h.example/f", {.status = 403});
  source::RemoteFiles web(transport, {});
  CHECK(refusal([&] { web.open("https://u:PW@h.example/f", "", {}); }) ==
        "https://xxxxx:xxxxx@h.example/f: invalid response status 403");
  CHECK(transport.seen().at(0).headers.find("Authorization") == "Basic dTpQVw==");
}

TEST_CASE("a blank in a URL is asked for as %20") {
  FakeTransport transport;
  transport.answer("GET https://h.example/a%20b", {.body = "x"});
  CHECK_NOTHROW(source::RemoteFiles(transport, {}).open("https://h.example/a b#c", "", {}));
}

TEST_CASE("what a server compressed for the way comes as it was") {
  const char packed[] =
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\xaa\x2c\x49\x2d\x06\x00\xce\x43\x99"
      "\xb1\x05\x00\x00\x00";
  FakeTransport transport;
  transport.answer(std::string("GET ") + kUrl,
                   {.body = std::string(packed, sizeof(packed) - 1),
                    .headers = {{"Content-Encoding", "gzip"}, {"Content-Length", "25"}}});
  source::RemoteFile file = source::RemoteFiles(transport, {}).open(kUrl, "", {});
  CHECK(file.size == 0);
  CHECK(read(file) == "bytes");
  transport.answer("GET https://h.example/z",
                   {.body = "tgz", .headers = {{"Content-Encoding", "x-gzip"}}});
  source::RemoteFile other = source::RemoteFiles(transport, {}).open("https://h.example/z", "", {});
  CHECK(read(other) == "tgz");
}
