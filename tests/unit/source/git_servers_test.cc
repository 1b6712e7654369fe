// SPDX-License-Identifier: Apache-2.0
#include "source/git_servers.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "tests/support/fake_transport.h"

using namespace cairn;
using namespace cairn::test;

namespace {

constexpr const char* kAsked = "GET https://h.example/a/old.git/info/refs?service=git-upload-pack";

source::GitServer find_server(FakeTransport& transport,
                              const RemoteUrl& url = "https://h.example/a/old.git",
                              const registry::OffLimits& limits = {}) {
  return source::GitServers(transport).find(url, "Basic 1", limits, {});
}
Answer redirect_to(const std::string& url, registry::Reach reach = registry::Reach::kPublic) {
  return {.status = 301, .headers = {{"Location", url}}, .reach = reach};
}

}  // namespace

TEST_CASE("a repository that has moved is asked for where it is, at the address that answered") {
  FakeTransport transport;
  transport.answer(kAsked,
                   redirect_to("https://n.example/new.git/info/refs?service=git-upload-pack"));
  transport.answer("GET https://n.example/new.git/info/refs?service=git-upload-pack",
                   {.address = "2001:db8::1"});
  source::GitServer server = find_server(transport);
  CHECK(server.url == "https://n.example/new.git");
  CHECK(server.moved);
  CHECK(server.pin == "n.example:443:[2001:db8::1]");
  CHECK(transport.seen().at(0).headers.find("Authorization") == "Basic 1");
  CHECK_FALSE(transport.seen().at(1).headers.find("Authorization"));
}

TEST_CASE("what is beyond a redirect, and beyond a repository, is no closer than its server") {
  FakeTransport transport;
  transport.answer(kAsked, redirect_to("/b/info/refs?service=git-upload-pack"));
  transport.answer("GET https://h.example/b/info/refs?service=git-upload-pack", {.status = 200});
  registry::OffLimits strict = registry::OffLimits::after(registry::Reach::kPublic);
  CHECK(find_server(transport).beyond == strict);
  CHECK(transport.seen().at(0).off_limits == registry::OffLimits{});
  CHECK(transport.seen().at(1).off_limits == strict);
  find_server(transport, "https://h.example/a/old.git", strict);
  CHECK(transport.seen().at(2).off_limits == strict);
}

TEST_CASE("a redirect to what is no repository is an error") {
  FakeTransport transport;
  transport.answer(kAsked, redirect_to("https://h.example/login"));
  CHECK(refusal([&] { find_server(transport); }) ==
        "https://h.example/a/old.git redirects to https://h.example/login, which is no repository");
}

TEST_CASE("without an answer, git says why, unless it does not know what it may not do") {
  registry::Failure failure{.reason = "connection reset"};
  FakeTransport transport;
  transport.answer(kAsked, {.failure = failure});
  CHECK(find_server(transport).url == "https://h.example/a/old.git");
  registry::OffLimits limits{.link_local = true};
  CHECK(refusal([&] { find_server(transport, "https://h.example/a/old.git", limits); }) ==
        "cannot reach https://h.example:443: connection reset");
  for (registry::Failure told : {registry::Failure{.reason = "no", .refused = true},
                                 registry::Failure{.reason = "no", .silent_seconds = 60}}) {
    FakeTransport other;
    other.answer(kAsked, {.failure = told});
    CHECK(refusal([&] { find_server(other); }) == "cannot reach https://h.example:443: no");
  }
}

TEST_CASE("the host of a repository is found as git finds it") {
  for (const auto& [url, host] : std::initializer_list<std::pair<const char*, const char*>>{
           {"ssh://git@h.example:22/a.git", "h.example"},
           {"git://h.example/a.git", "h.example"},
           {"git://[::1]:9418/a", "::1"},
           {"ssh://user@[fd12::1]/a", "fd12::1"},
           {"git@h.example:a.git", "h.example"},
           {"h.example:a@b/c", "h.example"},
           {"git@[::1]:a.git", "::1"},
           {"[git@h.example:22]:a.git", "h.example"},
           {"/local/path:x", ""},
           {"../a.git", ""},
           {"file:///a.git", ""}}) {
    CAPTURE(url);
    CHECK(source::git_host(url) == host);
  }
}

TEST_CASE("the host of a protocol without redirects is looked up, and held to the same limits") {
  FakeTransport transport;
  registry::OffLimits strict = registry::OffLimits::after(registry::Reach::kPublic);
  CHECK(find_server(transport, "git://127.0.0.1/a.git").beyond ==
        registry::OffLimits::after(registry::Reach::kLoopback));
  CHECK(refusal([&] {
          find_server(transport, "git@127.0.0.1:a.git", strict);
        }).find("may not lead to") != std::string::npos);
  CHECK(transport.seen().empty());
}
