// SPDX-License-Identifier: Apache-2.0
#include "registry/host_rules.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "base/sys/file.h"
#include "tests/support/fake_transport.h"

using namespace cairn;
using namespace cairn::test;
using namespace cairn::registry;

namespace {

Url url(const std::string& text) {
  return *Url::find(text);
}

struct Places {
  sys::TempDir dir{"/tmp"};

  std::string file(const std::string& path, const std::string& text) const {
    std::string whole = dir.path() + "/" + path;
    sys::make_dirs(whole.substr(0, whole.rfind('/')), 0755);
    sys::replace_file(whole, text);
    return whole;
  }
};

}  // namespace

TEST_CASE("a registry is insecure on loopback, or when the user says so") {
  HostRules rules({.insecure = {"plain.example:5000", "any.example"}});
  CHECK(rules.is_insecure(url("https://localhost:5000/")));
  CHECK(rules.is_insecure(url("https://127.0.0.7/")));
  CHECK(rules.is_insecure(url("http://plain.example:5000/")));
  CHECK(!rules.is_insecure(url("https://plain.example/")));
  CHECK(rules.is_insecure(url("https://any.example:1/")));
  CHECK(!rules.is_insecure(url("https://sub.any.example/")));
  CHECK(!rules.is_insecure(url("https://other.example/")));
  rules.allow_insecure("other.example");
  CHECK(rules.is_insecure(url("https://other.example/")));
  CHECK(HostRules({.verify_tls = false}).is_insecure(url("https://other.example/")));
}

TEST_CASE("registries.conf says which registries are insecure") {
  Places places;
  std::string conf =
      places.file("registries.conf",
                  "unqualified-search-registries = ['docker.io']\n"
                  "[[registry]]\nprefix = 'a.example/ns'\nlocation = 'b.example:80/x'\n"
                  "insecure = true\n"
                  "[[registry.mirror]]\nlocation = 'm.example'\ninsecure = true\n"
                  "[[registry]]\nprefix = 'c.example'\ninsecure = true\n"
                  "[[registry]]\nlocation = 'd.example'\n");
  HostRules rules({.registries_confs = {places.dir.path() + "/none", conf, "/nonexistent"}});
  CHECK(rules.is_insecure(url("https://b.example:80/")));
  CHECK(rules.is_insecure(url("https://m.example/")));
  CHECK(rules.is_insecure(url("https://c.example:5000/")));
  CHECK(!rules.is_insecure(url("https://a.example/")));
  CHECK(!rules.is_insecure(url("https://d.example/")));

  std::string broken = places.file("broken.conf", "[[registry]\n");
  HostRules bad({.registries_confs = {broken}});
  CHECK(refusal([&] { bad.is_insecure(url("https://a.example/")); }).starts_with(broken + ":1: "));
}

TEST_CASE("certs.d has authorities and client pairs by host and port") {
  for (const char* name : {"SSL_CERT_FILE", "SSL_CERT_DIR"}) ::unsetenv(name);
  Places places;
  places.file("certs.d/r.example:5000/ca.crt", "OWN-CA");
  places.file("certs.d/r.example:5000/me.cert", "cert");
  places.file("certs.d/r.example:5000/me.key", "key");
  places.file("certs.d/h.example/other.crt", "OTHER-CA");
  HostRules rules({.certs_dirs = {"/nonexistent", places.dir.path() + "/certs.d"}});
  Certificates own = rules.certificates(url("https://r.example:5000/"));
  CHECK(own.authorities.find("OWN-CA") != std::string::npos);
  CHECK(own.client_certificate == places.dir.path() + "/certs.d/r.example:5000/me.cert");
  CHECK(own.client_key == places.dir.path() + "/certs.d/r.example:5000/me.key");
  CHECK(rules.certificates(url("https://r.example/")).authorities.empty());
  CHECK(rules.certificates(url("https://h.example/")).authorities.find("OTHER-CA") !=
        std::string::npos);
  CHECK(rules.certificates(url("https://h.example:5000/")).authorities.empty());

  HostRules one({.cert_dir = places.dir.path() + "/certs.d/h.example"});
  CHECK(one.certificates(url("https://x.example/")).authorities.find("OTHER-CA") !=
        std::string::npos);
}

TEST_CASE("half of a client pair is an error with the missing name") {
  Places places;
  places.file("certs.d/a.example/x.cert", "cert");
  places.file("certs.d/b.example/y.key", "key");
  HostRules rules({.certs_dirs = {places.dir.path() + "/certs.d"}});
  CHECK(refusal([&] { rules.certificates(url("https://a.example/")); }).find("no key x.key") !=
        std::string::npos);
  CHECK(refusal([&] { rules.certificates(url("https://b.example/")); }).find("y.cert beside") !=
        std::string::npos);
}

TEST_CASE("SSL_CERT_FILE takes the place of the system's bundle, SSL_CERT_DIR adds to it") {
  ::unsetenv("SSL_CERT_DIR");
  Places places;
  std::string bundle = places.file("bundle.pem", "BUNDLE");
  places.file("dir/one", "-----BEGIN CERTIFICATE----- ONE");
  places.file("dir/readme", "nothing");
  ::setenv("SSL_CERT_FILE", bundle.c_str(), 1);
  CHECK(HostRules().certificates(url("https://r/")).authorities_file == bundle);
  ::setenv("SSL_CERT_DIR", (places.dir.path() + "/dir:/nonexistent").c_str(), 1);
  std::string all = HostRules().certificates(url("https://r/")).authorities;
  CHECK(all.find("BUNDLE") != std::string::npos);
  CHECK(all.find("ONE") != std::string::npos);
  CHECK(all.find("nothing") == std::string::npos);
  ::unsetenv("SSL_CERT_DIR");
  ::setenv("SSL_CERT_FILE", "/nonexistent/ca.pem", 1);
  CHECK(refusal([&] { HostRules().certificates(url("https://r/")); }) ==
        "SSL_CERT_FILE names /nonexistent/ca.pem, which is not there");
  ::unsetenv("SSL_CERT_FILE");
  CHECK(HostRules().certificates(url("https://r/")).authorities.empty());
}
