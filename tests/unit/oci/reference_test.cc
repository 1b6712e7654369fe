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

// Found by tests/fuzz/references.cc.
TEST_CASE("a short form that would name another registry keeps docker.io") {
  for (const char* text : {"docker.io/a.b/c", "docker.io/localhost/c", "docker.io/a.b/c/d"}) {
    CAPTURE(text);
    Reference reference = Reference::parse(text);
    CHECK(reference.familiar() == std::string(text) + ":latest");
    CHECK(Reference::parse(reference.familiar()) == reference);
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

TEST_CASE("a name that is given to an image has no digest, and is no digest") {
  CHECK(Reference::parse_tag("r.io/x:1").str() == "r.io/x:1");
  CHECK(Reference::parse_tag("team/sha256:1").str() == "docker.io/team/sha256:1");
  struct {
    std::string text, reason;
  } cases[] = {
      {"x@sha256:" + kHex, "refusing to create a tag with a digest reference"},
      {"x:1@sha256:" + kHex, "refusing to create a tag with a digest reference"},
      {"sha256:" + kHex, "refusing to create an ambiguous tag using digest algorithm as name"},
      {"sha256", "refusing to create an ambiguous tag using digest algorithm as name"},
      {"docker.io/library/sha256:1", "refusing to create an ambiguous tag"}};
  for (const auto& c : cases) {
    CAPTURE(c.text);
    try {
      Reference::parse_tag(c.text);
      FAIL("taken");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kUsage);
      CHECK(error.message().starts_with(c.reason));
    }
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
