// SPDX-License-Identifier: Apache-2.0
#include "cache/content_digest.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "tests/support/nested.h"
#include "tests/support/temp_tree.h"

using namespace cairn;
using namespace cairn::cache;
using cairn::test::TempTree;

namespace {

struct Sample {
  Sample() {
    tree.file("d/a", "alpha");
    tree.file("d/sub/b", "beta");
    tree.symlink("d/link", "a");
  }
  Digest digest(const std::string& path = "/d") const {
    return content_digest(sys::RootDir::open(tree.root()), path, {});
  }
  TempTree tree;
};

}  // namespace

TEST_CASE("equal trees have equal digests wherever they are and whenever they were made") {
  Sample one, two;
  two.tree.mtime("d/a", 12345);
  two.tree.mtime("d/sub", 12345);
  CHECK(one.digest() == two.digest());
}

TEST_CASE("each thing that a copy would show changes the digest") {
  Digest before = Sample().digest();
  SUBCASE("content") {
    Sample s;
    s.tree.file("d/a", "alphA");
    CHECK(s.digest() != before);
  }
  SUBCASE("mode") {
    Sample s;
    s.tree.file("d/a", "alpha", 0755);
    CHECK(s.digest() != before);
  }
  SUBCASE("mode of a nested directory") {
    Sample s;
    s.tree.dir("d/sub", 0700);
    CHECK(s.digest() != before);
  }
  SUBCASE("a name") {
    Sample s;
    sys::rename_path(s.tree.at("d/a"), s.tree.at("d/c"));
    CHECK(s.digest() != before);
  }
  SUBCASE("a link's target") {
    Sample s;
    sys::unlink_at(s.tree.fd(), "d/link");
    s.tree.symlink("d/link", "sub");
    CHECK(s.digest() != before);
  }
  SUBCASE("one more empty file") {
    Sample s;
    s.tree.file("d/new");
    CHECK(s.digest() != before);
  }
  SUBCASE("an attribute") {
    Sample s;
    s.tree.xattr("d/a", "user.note", "x");
    CHECK(s.digest() != before);
  }
}

TEST_CASE("the header of the top directory does not count, COPY leaves it behind") {
  Sample s;
  Digest before = s.digest();
  s.tree.dir("d", 0700);
  CHECK(s.digest() == before);
}

TEST_CASE("a link at the top is followed inside the root, and its own name does not count") {
  Sample s;
  s.tree.symlink("to-a", "/d/a");
  CHECK(s.digest("/to-a") == s.digest("/d/a"));
}

TEST_CASE("marks of overlayfs do not count") {
  Sample s;
  Digest before = s.digest();
  s.tree.opaque("d/sub");
  CHECK(s.digest() == before);
}

TEST_CASE("a tree with a path that no layer can have gets no digest") {
  for (const test::Nest& nest : {test::Nest{std::string(250, 'd'), 100}}) {
    CAPTURE(nest.levels);
    TempTree tree;
    test::make(nest, tree);
    try {
      content_digest(sys::RootDir::open(tree.root()), "/", {});
      FAIL("it has one");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kLimit);
      CHECK(error.message().size() < 200);
      CHECK(error.message().find("/d") != std::string::npos);
    }
  }
}
