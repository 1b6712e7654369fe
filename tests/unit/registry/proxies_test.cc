// SPDX-License-Identifier: Apache-2.0
#include "registry/internal/proxies.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <map>
#include <string>

using namespace cairn::registry;

namespace {

constexpr const char* kNames[] = {"HTTP_PROXY",  "http_proxy", "HTTPS_PROXY",
                                  "https_proxy", "NO_PROXY",   "no_proxy",
                                  "ALL_PROXY",   "all_proxy",  "REQUEST_METHOD"};

// The proxy of a URL in an environment of these variables alone.
std::string proxy(const char* url, const std::map<std::string, std::string>& environment) {
  for (const char* name : kNames) ::unsetenv(name);
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
  std::string chosen = choose_proxy(*Url::find(url));
  for (const char* name : kNames) ::unsetenv(name);
  return chosen;
}

}  // namespace

TEST_CASE("proxies come from the variables that Go's programs read") {
  CHECK(proxy("http://h/", {{"HTTP_PROXY", "up"}, {"http_proxy", "low"}}) == "up");
  CHECK(proxy("http://h/", {{"http_proxy", "low"}}) == "low");
  CHECK(proxy("https://h/", {{"HTTP_PROXY", "up"}}).empty());
  CHECK(proxy("https://h/", {{"https_proxy", "low"}}) == "low");
  CHECK(proxy("https://h/", {{"ALL_PROXY", "all"}}) == "all");
  CHECK(proxy("http://h/", {{"HTTP_PROXY", "header"}, {"REQUEST_METHOD", "GET"}}).empty());
  CHECK(proxy("http://h/", {{"HTTP_PROXY", "p"}, {"NO_PROXY", "*"}}).empty());
  CHECK(proxy("http://h/", {}).empty());
}

TEST_CASE("loopback is never proxied") {
  for (const char* url : {"http://localhost:5000/", "http://127.0.0.1/", "http://127.9.9.9:1/",
                          "http://[::1]:5000/"}) {
    CAPTURE(url);
    CHECK(proxy(url, {{"HTTP_PROXY", "p"}, {"ALL_PROXY", "p"}}).empty());
  }
}

TEST_CASE("NO_PROXY names hosts, domains, addresses, blocks and ports") {
  struct {
    const char* list;
    const char* url;
    bool bypassed;
  } cases[] = {{"example.com", "http://example.com/", true},
               {"example.com", "http://a.example.com/", true},
               {"example.com", "http://badexample.com/", false},
               {".example.com", "http://example.com/", false},
               {"*.example.com", "http://a.example.com/", true},
               {" x , EXAMPLE.com ", "http://example.com/", true},
               {"example.com:81", "http://example.com:81/", true},
               {"example.com:81", "http://example.com/", false},
               {"10.0.0.0/8", "http://10.1.2.3/", true},
               {"10.0.0.0/8", "http://11.1.2.3/", false},
               {"10.0.0.1", "http://10.0.0.1:5000/", true},
               {"10.0.0.1:80", "http://10.0.0.1:5000/", false},
               {"fd00::/8", "http://[fd12::1]/", true},
               {"[fd12::1]:80", "http://[fd12::1]/", true},
               {"10.0.0.0/99,", "http://10.0.0.1/", false},
               {"", "http://h/", false}};
  for (const auto& c : cases) {
    CAPTURE(c.list);
    CAPTURE(c.url);
    CHECK(is_bypassed(*Url::find(c.url), c.list) == c.bypassed);
  }
}
