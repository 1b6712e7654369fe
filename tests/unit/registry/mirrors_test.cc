// SPDX-License-Identifier: Apache-2.0
#include "registry/mirrors.h"

#include <doctest/doctest.h>

#include "tests/unit/registry/registry_fixture.h"

using namespace cairn;
using namespace cairn::test;
using registry::MirrorMap;

TEST_CASE("a registry has its address by its name") {
  struct {
    const char* name;
    const char* url;
  } cases[] = {{"docker.io", "https://registry-1.docker.io/v2"},
               {"ghcr.io", "https://ghcr.io/v2"},
               {"host:5000", "https://host:5000/v2"},
               {"localhost:5000", "http://localhost:5000/v2"},
               {"localhost", "http://localhost/v2"},
               {"127.0.0.9:5000", "http://127.0.0.9:5000/v2"},
               {"[::1]:5000", "http://[::1]:5000/v2"},
               {"localhost:443", "https://localhost/v2"}};
  for (const auto& c : cases) {
    CAPTURE(c.name);
    CHECK(MirrorMap::origin(c.name).base.str() == c.url);
  }
}

TEST_CASE("a mirror may have a scheme and a path of its own") {
  MirrorMap mirrors;
  mirrors.add("docker.io=http://mirror:5000/hub/");
  mirrors.add("docker.io=localhost:5001");
  mirrors.add("index.docker.io=m.example.com/v2/x");
  auto endpoints = mirrors.for_pull("docker.io");
  REQUIRE(endpoints.size() == 4);
  CHECK(endpoints[0].base.str() == "http://mirror:5000/v2/hub");
  CHECK(endpoints[0].registry == "mirror:5000");
  CHECK(endpoints[1].base.str() == "http://localhost:5001/v2");
  CHECK(endpoints[2].base.str() == "https://m.example.com/v2/x");
  CHECK(endpoints[3].base.str() == "https://registry-1.docker.io/v2");
  CHECK(mirrors.for_pull("ghcr.io").size() == 1);
  for (const char* bad : {"docker.io", "=x", "docker.io="}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(mirrors.add(bad), Error);
  }
  for (const char* bad : {"a=ftp://x", "a=http://u:p@h"}) {
    CAPTURE(bad);
    MirrorMap used;
    used.add(bad);
    CHECK_THROWS_AS(used.for_pull("a"), Error);
  }
}

TEST_CASE("a mirror serves what it has; the rest comes from the registry itself") {
  RegistryFixture f;
  ServedImage image;
  image.serve(f.transport, "https://registry-1.docker.io/v2/library/alpine", "latest");
  MirrorMap mirrors;
  mirrors.add("docker.io=http://localhost:5001");
  auto client = f.client(mirrors);
  auto reference = oci::Reference::parse("alpine");
  CHECK(client.resolve(reference, kAmd64).bytes == image.manifest);
  CHECK(f.sink.all<progress::Warning>().at(0).message.starts_with("mirror http://localhost:5001"));
  auto blob = client.fetch_blob(reference, ServedImage::describe(image.layer, oci::kOciLayer));
  CHECK(read_all(*blob) == image.layer);
  CHECK(f.transport.lines()[0] ==
        "GET http://localhost:5001/v2/library/alpine/manifests/latest?ns=docker.io");
}

namespace {

// A host on which nothing can be asked of anybody.
class RefusingTransport final : public registry::Transport {
 public:
  registry::Response send(const registry::Request&) override {
    ++asked;
    throw Error(ErrorKind::kHost, "user namespaces are switched off");
  }
  int asked = 0;
};

}  // namespace

TEST_CASE("what the host refuses is not taken for a mirror's failure") {
  RefusingTransport transport;
  test::RecordingSink sink;
  registry::Credentials credentials({}, {});
  registry::ClientSettings settings;
  for (const char* mirror :
       {"docker.io=http://localhost:5001", "docker.io=http://localhost:5002"}) {
    settings.mirrors.add(mirror);
  }
  registry::Client client(transport, credentials, sink, settings);
  auto reference = oci::Reference::parse("alpine");
  try {
    client.resolve(reference, kAmd64);
    FAIL("it was resolved");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kHost);
  }
  CHECK(transport.asked == 1);
  CHECK_THROWS_AS(client.fetch_blob(reference, ServedImage::describe("x", oci::kOciLayer)), Error);
  CHECK(transport.asked == 2);
  CHECK(sink.all<progress::Warning>().empty());
}

TEST_CASE("sites are compared by what one owner can hold") {
  using registry::same_site;
  CHECK(same_site("registry-1.docker.io", "auth.docker.io"));
  CHECK(same_site("gitlab.com", "registry.gitlab.com"));
  CHECK(same_site("r.corp.co.uk", "auth.corp.co.uk"));
  CHECK(!same_site("a.co.uk", "b.co.uk"));
  CHECK(!same_site("docker.io", "evil.io"));
  CHECK(!same_site("evildocker.io", "docker.io"));
  CHECK(!same_site("10.0.0.1", "11.0.0.1"));
  CHECK(same_site("10.0.0.1", "10.0.0.1"));
}

TEST_CASE("a URL is taken apart strictly") {
  using registry::Url;
  CHECK(!Url::find("https://user:pw@host/"));
  CHECK(!Url::find("file:///etc/passwd"));
  CHECK(!Url::find("//host"));
  Url url = Url::find("HTTPS://Host:443/a?b=c#d").value();
  CHECK(url.str() == "https://host/a?b=c");
  CHECK(url.resolve("/x?y=1").value().str() == "https://host/x?y=1");
  CHECK(url.resolve("http://o:8/z").value().origin() == "http://o:8");
}
