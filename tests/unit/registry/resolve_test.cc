// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/registry/registry_fixture.h"

#include "base/json.h"
#include "registry/internal/http_error.h"

using namespace cairn;
using namespace cairn::test;
using oci::Reference;

namespace {

const std::string kHub = "https://registry-1.docker.io/v2/library/alpine";

std::string error_for(RegistryFixture& f, const std::string& name,
                      const oci::Platform& platform = kAmd64) {
  return refusal([&] { f.client().resolve(Reference::parse(name), platform); });
}

}  // namespace

TEST_CASE("a short name is resolved at Docker Hub, with all that belongs to the image") {
  RegistryFixture f;
  ServedImage image;
  image.serve(f.transport, kHub, "latest");
  auto resolved = f.client().resolve(Reference::parse("alpine"), kAmd64);
  CHECK(resolved.bytes == image.manifest);
  CHECK(resolved.digest == Digest::of(image.manifest));
  CHECK(resolved.descriptor.media_type == oci::kOciManifest);
  CHECK(resolved.config_bytes == image.config);
  CHECK(resolved.config.diff_ids.size() == 1);
  std::string accept = f.transport.seen()[0].headers.find("Accept").value();
  CHECK(accept.find(oci::kDockerIndex) != std::string::npos);
}

// E16
TEST_CASE("an index gives the manifest of the platform and keeps its own digest as the name's") {
  RegistryFixture f;
  ServedImage arm("linux/arm64");
  arm.serve(f.transport, kHub, "unused");
  oci::Descriptor entry = ServedImage::describe(arm.manifest, oci::kOciManifest);
  entry.platform = oci::Platform::parse("linux/arm64");
  std::string index = canonical(oci::to_json(oci::Index{.manifests = {entry}}));
  f.transport.answer("GET " + kHub + "/manifests/latest", {.body = index});
  auto resolved =
      f.client().resolve(Reference::parse("alpine"), oci::Platform::parse("linux/arm64"));
  CHECK(resolved.digest == Digest::of(index));
  CHECK(resolved.descriptor.digest == Digest::of(arm.manifest));
  CHECK(error_for(f, "alpine") ==
        "no match for platform linux/amd64 in the image index; it has: linux/arm64");
}

TEST_CASE("a manifest that is not the one of its digest is refused") {
  RegistryFixture f;
  ServedImage image;
  image.serve(f.transport, kHub, "latest");
  std::string wrong = Digest::of("something else").str();
  f.transport.answer("GET " + kHub + "/manifests/" + wrong, {.body = image.manifest});
  CHECK(error_for(f, "alpine@" + wrong).starts_with("digest mismatch: "));
  f.transport.answer("GET " + kHub + "/manifests/tagged",
                     {.body = image.manifest, .headers = {{"Docker-Content-Digest", wrong}}});
  CHECK(error_for(f, "alpine:tagged").starts_with("digest mismatch: "));
}

TEST_CASE("a config that is not the one of its digest is refused") {
  RegistryFixture f;
  ServedImage image;
  f.transport.answer("GET " + kHub + "/blobs/" + Digest::of(image.config).str(), {.body = "{}"});
  image.serve(f.transport, kHub, "latest");
  CHECK(error_for(f, "alpine").starts_with("digest mismatch: "));
}

TEST_CASE("an image for another platform is used with a warning") {
  RegistryFixture f;
  ServedImage("linux/s390x").serve(f.transport, kHub, "latest");
  f.client().resolve(Reference::parse("alpine"), kAmd64);
  CHECK(f.sink.all<progress::Warning>().at(0).message ==
        "alpine:latest is for linux/s390x and not for linux/amd64, using it all the same");
}

// E17
TEST_CASE("what the registry refuses is said in words a person can act on") {
  RegistryFixture f;
  CHECK(error_for(f, "alpine") ==
        "manifest of alpine:latest was not found at https://registry-1.docker.io:443");
  f.transport.answer(
      "GET " + kHub + "/manifests/secret",
      {.status = 403,
       .body = R"({"errors":[{"code":"DENIED","message":"go\u001b[31m\n\u009b1maway"}]})"});
  CHECK(error_for(f, "alpine:secret") ==
        "pull access denied for alpine:secret: the repository does not exist or needs "
        "authorization (DENIED: go [31m  1maway); no login for this registry was found; \"docker "
        "login\" or \"podman login\" makes one");
  f.transport.answer("GET " + kHub + "/manifests/down",
                     {.failure = registry::Failure{.reason = "Could not resolve host"}});
  CHECK(error_for(f, "alpine:down") ==
        "cannot reach https://registry-1.docker.io:443: Could not resolve host");
}

// A server that fails and is slow with its words must not cost the user's Ctrl-C.
TEST_CASE("a stop while a refusal is read is a stop, and no refusal without words") {
  struct Stopped final : ByteSource {
    std::size_t read(std::span<std::byte>) override {
      throw Error(ErrorKind::kCancelled, "cancelled");
    }
  };
  registry::Response response{.status = 500, .body = std::make_unique<Stopped>()};
  registry::Asked asked{.what = "x", .image = "x", .login = ""};
  CHECK_THROWS_WITH_AS(static_cast<void>(registry::http_error(response, asked)), "cancelled",
                       Error);
}

TEST_CASE("artifacts and schema 1 images are refused with their reason") {
  RegistryFixture f;
  oci::Manifest chart{
      .config = ServedImage::describe("x", "application/vnd.cncf.helm.config.v1+json"),
      .layers = {}};
  f.transport.answer("GET " + kHub + "/manifests/chart", {.body = canonical(to_json(chart))});
  CHECK(error_for(f, "alpine:chart").find("is no container image") != std::string::npos);
  f.transport.answer("GET " + kHub + "/manifests/old", {.body = R"({"schemaVersion":1})"});
  CHECK(error_for(f, "alpine:old").find("schema 1") != std::string::npos);
}

TEST_CASE("what is temporary is tried again, with growing patience") {
  RegistryFixture f;
  std::string line = "GET " + kHub + "/manifests/latest";
  f.transport.answer(line, {.status = 503});
  f.transport.answer(line, {.failure = registry::Failure{.reason = "reset", .transient = true}});
  f.transport.answer(line, {.status = 429, .headers = {{"Retry-After", "7"}}});
  ServedImage().serve(f.transport, kHub, "latest");
  f.client().resolve(Reference::parse("alpine"), kAmd64);
  CHECK(f.sleeps == std::vector<double>{0.25, 0.5, 7});
}

TEST_CASE("what stays broken is given up, and what is final is not tried twice") {
  RegistryFixture f;
  f.transport.answer("GET " + kHub + "/manifests/latest", {.status = 500});
  CHECK(error_for(f, "alpine").ends_with("answered HTTP 500"));
  CHECK(f.sleeps == std::vector<double>{0.25, 0.5, 1, 2, 4, 8, 8});
  f.sleeps.clear();
  f.transport.answer("GET " + kHub + "/manifests/limited",
                     {.status = 429, .headers = {{"Retry-After", "3600"}}});
  CHECK(error_for(f, "alpine:limited").find("refuses more requests") != std::string::npos);
  error_for(f, "alpine:absent");
  CHECK(f.sleeps.empty());
}

TEST_CASE("a manifest that breaks off half way is asked for again") {
  RegistryFixture f;
  ServedImage image;
  f.transport.answer("GET " + kHub + "/manifests/latest",
                     {.body = image.manifest, .break_after = 10});
  image.serve(f.transport, kHub, "latest");
  CHECK(f.client().resolve(Reference::parse("alpine"), kAmd64).bytes == image.manifest);
}

TEST_CASE("a malformed manifest is the registry's fault") {
  RegistryFixture f;
  f.transport.answer("GET " + kHub + "/manifests/latest", {.body = "<html>"});
  try {
    f.client().resolve(Reference::parse("alpine"), kAmd64);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kRegistry);
    CHECK(error.message().starts_with("manifest is not valid JSON"));
  }
}

TEST_CASE("a manifest without end is cut off") {
  RegistryFixture f;
  f.transport.answer("GET " + kHub + "/manifests/latest", {.body = std::string(5 << 20, ' ')});
  CHECK(error_for(f, "alpine").find("longer than 4194304 bytes") != std::string::npos);
}

TEST_CASE("where nobody listens is tried three times, and once more for what follows") {
  RegistryFixture f;
  f.transport.answer(
      "GET " + kHub + "/manifests/latest",
      {.failure = registry::Failure{.reason = "refused", .transient = true, .unreachable = true}});
  auto client = f.client();
  auto resolve = [&] { client.resolve(Reference::parse("alpine"), kAmd64); };
  CHECK(refusal(resolve).starts_with("cannot reach https://registry-1.docker.io:443: refused"));
  CHECK(f.sleeps == std::vector<double>{0.5, 1});
  f.sleeps.clear();
  refusal(resolve);
  CHECK(f.sleeps.empty());
}

TEST_CASE("a server that says nothing gets a minute in all") {
  struct Case {
    double silence;
    std::size_t tries;
  };
  for (const Case& c : {Case{60, 1}, Case{20, 3}, Case{61, 1}}) {
    RegistryFixture f;
    f.transport.answer("GET " + kHub + "/manifests/latest",
                       {.failure = registry::Failure{
                            .reason = "no data", .transient = true, .silent_seconds = c.silence}});
    refusal([&] { f.client().resolve(Reference::parse("alpine"), kAmd64); });
    CHECK(f.transport.seen().size() == c.tries);
  }
}

TEST_CASE("a loopback registry is asked for TLS first, once, and then spoken to as it answers") {
  const std::string tls = "https://localhost:5000/v2", plain = "http://localhost:5000/v2";
  ServedImage image;
  RegistryFixture f;
  f.transport.answer("GET " + tls + "/",
                     {.failure = registry::Failure{.reason = "", .not_tls = true}});
  image.serve(f.transport, plain + "/a", "latest");
  auto client = f.client();
  CHECK(client.resolve(Reference::parse("localhost:5000/a"), kAmd64).bytes == image.manifest);
  client.resolve(Reference::parse("localhost:5000/a"), kAmd64);
  std::vector<std::string> lines = f.transport.lines();
  CHECK(std::count(lines.begin(), lines.end(), "GET " + tls + "/") == 1);
  CHECK(f.transport.seen()[0].for_registry);

  RegistryFixture g;
  g.transport.answer("GET " + tls + "/", {.status = 401});
  image.serve(g.transport, tls + "/a", "latest");
  CHECK(g.client().resolve(Reference::parse("localhost:5000/a"), kAmd64).bytes == image.manifest);
}

TEST_CASE("a registry that is not insecure is never asked without TLS") {
  RegistryFixture f;
  f.transport.answer(
      "GET https://r.example/v2/a/manifests/latest",
      {.failure = registry::Failure{
           .reason = "r answered in plain HTTP", .hint = "do this", .not_tls = true}});
  CHECK(refusal([&] { f.client().resolve(Reference::parse("r.example/a"), kAmd64); }) ==
        "cannot reach https://r.example:443: r answered in plain HTTP; do this");
  for (const std::string& line : f.transport.lines()) CHECK(line.starts_with("GET https://"));
}

TEST_CASE("a server that was silent just now is asked once more, and shortly") {
  RegistryFixture f;
  f.transport.answer(
      "GET " + kHub + "/manifests/latest",
      {.failure = registry::Failure{.reason = "no data", .transient = true, .silent_seconds = 60}});
  auto client = f.client();
  auto resolve = [&] { client.resolve(Reference::parse("alpine"), kAmd64); };
  refusal(resolve);
  CHECK(f.transport.seen().back().idle_seconds == 0);
  refusal(resolve);
  CHECK(f.transport.seen().size() == 2);
  CHECK(f.transport.seen().back().idle_seconds == 1);
}
