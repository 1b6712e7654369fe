// SPDX-License-Identifier: Apache-2.0
#include "oci/reference.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "oci/ids.h"

using namespace cairn;
using oci::Reference;

namespace {
const std::string kHex(64, 'a');
}

TEST_CASE("a short name means Docker Hub, its library and the tag latest") {
  struct {
    const char* text;
    const char* full;
    const char* familiar;
  } cases[] = {
      {"alpine", "docker.io/library/alpine:latest", "alpine:latest"},
      {"alpine:3.20", "docker.io/library/alpine:3.20", "alpine:3.20"},
      {"docker.io/alpine", "docker.io/library/alpine:latest", "alpine:latest"},
      {"index.docker.io/alpine", "docker.io/library/alpine:latest", "alpine:latest"},
      {"docker.io/library/alpine", "docker.io/library/alpine:latest", "alpine:latest"},
      {"u/x", "docker.io/u/x:latest", "u/x:latest"},
      {"library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest"},
      {"localhost/x", "localhost/x:latest", "localhost/x:latest"},
      {"localhost:5000", "docker.io/library/localhost:5000", "localhost:5000"},
      {"localhost:5000/x:1", "localhost:5000/x:1", "localhost:5000/x:1"},
      {"ghcr.io/a/b-c/d__e:v1.0_x-y", "ghcr.io/a/b-c/d__e:v1.0_x-y", "ghcr.io/a/b-c/d__e:v1.0_x-y"},
      {"Host/x", "Host/x:latest", "Host/x:latest"},
      {"[::1]:5000/x", "[::1]:5000/x:latest", "[::1]:5000/x:latest"},
      {"[::1]/x:y", "[::1]/x:y", "[::1]/x:y"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    Reference reference = Reference::parse(c.text);
    CHECK(reference.str() == c.full);
    CHECK(reference.familiar() == c.familiar);
    CHECK(Reference::parse(reference.str()) == reference);
  }
}

TEST_CASE("a digest needs no tag, and keeps one that is given") {
  Reference alone = Reference::parse("alpine@sha256:" + kHex);
  CHECK(alone.tag.empty());
  CHECK(alone.str() == "docker.io/library/alpine@sha256:" + kHex);
  Reference both = Reference::parse("alpine:3@sha256:" + kHex);
  CHECK(both.tag == "3");
  CHECK(both.digest->hex() == kHex);
}

TEST_CASE("a malformed name is refused with its reason") {
  for (std::string text :
       {std::string(), std::string("Alpine"), std::string("a//b"), std::string("-a"),
        std::string("a..b"), std::string("a___b"), std::string("a:"), std::string("a:.x"),
        std::string("a@sha256:abc"), std::string("a@md5:") + kHex, kHex,
        std::string("h.io:99999/x"), std::string("h.io:/x"), std::string("h..io/x"),
        std::string("../x"), std::string("h.io/"), std::string("a b"), std::string(300, 'a'),
        "a:" + std::string(129, 'x')}) {
    CAPTURE(text);
    CHECK_THROWS_AS(Reference::parse(text), Error);
    CHECK(!Reference::find(text));
  }
  try {
    Reference::parse("Alpine");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    CHECK(error.hint() == "try alpine");
  }
}

TEST_CASE("a chain id folds diff ids as the image spec says") {
  oci::DiffId a(Digest::of("a"));
  oci::DiffId b(Digest::of("b"));
  std::vector<oci::DiffId> one{a};
  std::vector<oci::DiffId> two{a, b};
  CHECK(oci::chain_id(one).str() == a.str());
  CHECK(oci::chain_id(two).digest() == Digest::of(a.str() + " " + b.str()));
  CHECK(oci::chain_ids(two).front() == oci::chain_id(one));
}
