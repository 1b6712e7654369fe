// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "base/sys/file.h"
#include "registry/internal/authorizer.h"
#include "tests/unit/registry/registry_fixture.h"

using namespace cairn;
using namespace cairn::test;
using namespace cairn::registry;
using oci::Reference;

namespace {

const std::string kBase = "https://r.example.com/v2/a";
const std::string kManifest = "GET " + kBase + "/manifests/latest";
const std::string kToken =
    "GET https://auth.example.com/token?service=svc&scope=repository%3Aa%3Apull";

Answer challenge(const std::string& realm) {
  return {.status = 401,
          .headers = {{"WWW-Authenticate", "Bearer realm=\"" + realm +
                                               "\",service=\"svc\",scope=\"repository:a:pull\""}}};
}

struct AuthFixture : RegistryFixture {
  sys::TempDir dir{"/tmp"};
  ServedImage image;

  explicit AuthFixture(const std::string& realm, const std::string& config = "{}")
      : AuthFixture(realm, config, sys::TempDir("/tmp")) {}
  AuthFixture(const std::string& realm, const std::string& config, sys::TempDir place)
      : RegistryFixture({place.path() + "/config.json"}), dir(std::move(place)) {
    sys::replace_file(dir.path() + "/config.json", config);
    transport.answer(kManifest, challenge(realm));
    image.serve(transport, kBase, "latest");
  }
  std::string resolve() {
    return refusal([&] { client().resolve(Reference::parse("r.example.com/a"), kAmd64); });
  }
};

const char kLogin[] = R"({"auths":{"r.example.com":{"auth":"dTpw"}}})";  // u:p

}  // namespace

TEST_CASE("an anonymous token is fetched once and used for all that follows") {
  AuthFixture f("https://auth.example.com/token");
  f.transport.answer(kToken, {.body = R"({"token":"abc","expires_in":300})"});
  CHECK(f.resolve() == "accepted");
  const auto& seen = f.transport.seen();
  REQUIRE(seen.size() == 4);
  CHECK(seen[1].line == kToken);
  CHECK(!seen[1].headers.find("Authorization"));
  CHECK(seen[2].headers.find("Authorization") == "Bearer abc");
  CHECK(seen[3].headers.find("Authorization") == "Bearer abc");
}

TEST_CASE("a login goes to the token server of its own site") {
  AuthFixture f("https://auth.example.com/token", kLogin);
  f.transport.answer(kToken + "&account=u", {.body = R"({"access_token":"abc"})"});
  CHECK(f.resolve() == "accepted");
  CHECK(f.transport.seen()[1].headers.find("Authorization") == "Basic dTpw");
}

TEST_CASE("a login never goes to a token server of another site") {
  AuthFixture f("https://auth.evil.org/token", kLogin);
  CHECK(f.resolve().find("another site: refused") != std::string::npos);
  CHECK(f.transport.seen().size() == 1);
}

TEST_CASE("a token server that is not https, or no plain address, is refused") {
  for (const char* realm : {"http://auth.example.com/t", "http://169.254.169.254/latest", "",
                            "file:///etc/passwd", "https://u:p@auth.example.com/t"}) {
    CAPTURE(realm);
    AuthFixture f(realm, kLogin);
    CHECK(f.resolve().find("asks for a token from") != std::string::npos);
    CHECK(f.transport.seen().size() == 1);
  }
}

TEST_CASE("a public registry cannot send us to a private address") {
  AuthFixture f("https://auth.example.com/token");
  f.transport.answer(kToken, {.body = R"({"token":"abc"})"});
  f.resolve();
  CHECK(f.transport.seen()[1].off_limits.private_hosts);
}

TEST_CASE("a loopback registry may hand out tokens itself, over http, and no other service may") {
  Endpoint local = MirrorMap::origin("localhost:5000");
  CHECK(check_realm(local, "http://127.0.0.1:5000/token").trusted);
  for (const char* realm : {"http://127.0.0.1:5001/token", "https://localhost/token"}) {
    CHECK(refusal([&] { check_realm(local, realm); }).find("another service of this host") !=
          std::string::npos);
  }
  CHECK(refusal([&] { check_realm(local, "http://auth.example.com/token"); }).find("https only") !=
        std::string::npos);
  Endpoint remote = MirrorMap::origin("r.example.com");
  CHECK(refusal([&] { check_realm(remote, "https://localhost/token"); }).find("another service") !=
        std::string::npos);
}

TEST_CASE("a token server that the user names is trusted, wherever it is") {
  HostRules rules({.token_servers = {"127.0.0.1:5001", "auth.other.org"}});
  CHECK(
      check_realm(MirrorMap::origin("localhost:5000"), "http://127.0.0.1:5001/t", &rules).trusted);
  CHECK(
      check_realm(MirrorMap::origin("r.example.com"), "https://auth.other.org/t", &rules).trusted);
  CHECK(!check_realm(MirrorMap::origin("r.example.com"), "https://x.other.org/t", &rules).trusted);
}

TEST_CASE("a token server that fails for now is asked again") {
  AuthFixture f("https://auth.example.com/token");
  f.transport.answer(kToken, {.status = 503});
  f.transport.answer(kToken, {.failure = Failure{.reason = "reset", .transient = true}});
  f.transport.answer(kToken, {.body = R"({"token":"abc"})"});
  CHECK(f.resolve() == "accepted");
  CHECK(f.sleeps == std::vector<double>{0.25, 0.5});
}

TEST_CASE("a registry on a private network leads to no token server on loopback") {
  Answer private_challenge = challenge("https://auth.example.com:444/token");
  private_challenge.reach = Reach::kPrivate;
  RegistryFixture f;
  f.transport.answer(kManifest, private_challenge);
  refusal([&] { f.client().resolve(Reference::parse("r.example.com/a"), kAmd64); });
  OffLimits limits = f.transport.seen().at(1).off_limits;
  CHECK(limits.loopback);
  CHECK(limits.link_local);
  CHECK(!limits.private_hosts);
}

TEST_CASE("an identity token is exchanged by POST and stays out of URLs") {
  AuthFixture f("https://auth.example.com/token",
                R"({"auths":{"r.example.com":{"identitytoken":"id&1"}}})");
  f.transport.answer("POST https://auth.example.com/token", {.body = R"({"access_token":"abc"})"});
  CHECK(f.resolve() == "accepted");
  CHECK(f.transport.seen()[1].body ==
        "grant_type=refresh_token&client_id=cairn&service=svc&scope=repository%3Aa%3Apull"
        "&refresh_token=id%261");
}

TEST_CASE("a wrong password is said to be refused, naming the file it came from") {
  AuthFixture f("https://auth.example.com/token", kLogin);
  f.transport.answer(kToken + "&account=u", {.status = 401});
  std::string text = f.resolve();
  CHECK(text.find("pull access denied for r.example.com/a:latest") != std::string::npos);
  CHECK(text.find("asked with the login from " + f.dir.path()) != std::string::npos);
}

TEST_CASE("a token that would break out of its header is refused") {
  AuthFixture f("https://auth.example.com/token");
  f.transport.answer(kToken, {.body = R"({"token":"abc\r\nX-Evil: 1"})"});
  CHECK(f.resolve().find("without a usable token") != std::string::npos);
}

TEST_CASE("endless challenges come to an end") {
  RegistryFixture f;
  f.transport.answer(kManifest, challenge("https://auth.example.com/token"));
  f.transport.answer(kToken, {.body = R"({"token":"abc"})"});
  CHECK(refusal([&] {
          f.client().resolve(Reference::parse("r.example.com/a"), kAmd64);
        }).find("access denied") != std::string::npos);
  CHECK(f.transport.seen().size() == 5);
}

TEST_CASE("challenges are read as RFC 9110 writes them, and as others do") {
  using Params = std::map<std::string, std::string>;
  CHECK(parse_challenges("Bearer realm=\"a,b\\\"c\",service=svc") ==
        std::vector<Challenge>{{"bearer", Params{{"realm", "a,b\"c"}, {"service", "svc"}}}});
  CHECK(parse_challenges("Basic realm=\"x\", Bearer realm = \"y\" , scope=\"p q\"") ==
        std::vector<Challenge>{{"basic", Params{{"realm", "x"}}},
                               {"bearer", Params{{"realm", "y"}, {"scope", "p q"}}}});
  for (const char* broken :
       {"", ",,,", "=", "\"", "Bearer realm=\"", "Bearer ===", "\x01\xff,a=b"}) {
    CAPTURE(broken);
    CHECK(parse_challenges(broken).size() <= 1);
  }
}
