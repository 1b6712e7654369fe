// SPDX-License-Identifier: Apache-2.0
//
// A layout that is written where something is already.
#include <doctest/doctest.h>

#include "base/error.h"
#include "base/sys/file.h"
#include "output/archive.h"
#include "tests/unit/store/store_fixture.h"

using namespace cairn;
using cairn::test::StoreFixture;
using cairn::test::TempTree;

namespace {

ErrorKind refusal(StoreFixture& f, const TempTree& tree) {
  try {
    output::write_oci_layout(f.store, std::vector<output::ArchivedImage>(), tree.at("layout"), 022);
  } catch (const Error& error) {
    return error.kind();
  }
  FAIL("it was written");
  return ErrorKind::kBug;
}

}  // namespace

TEST_CASE("a layout whose index is none is refused before anything is written") {
  StoreFixture f;
  for (const char* text : {"broken", "[]", "{}"}) {
    CAPTURE(text);
    TempTree tree;
    tree.file("layout/index.json", text);
    refusal(f, tree);
    CHECK(sys::list_dir(sys::open_path(tree.at("layout"), O_RDONLY)).size() == 1);
    CHECK(tree.text("layout/index.json") == text);
  }
}

TEST_CASE("a layout is not written through its symbolic links") {
  StoreFixture f;
  for (const char* name : {"blobs", "blobs/sha256", "index.json", "index.json.lock"}) {
    CAPTURE(name);
    TempTree tree;
    tree.dir("outside");
    tree.dir("layout/blobs");
    if (name == std::string("blobs")) sys::remove_tree_at(tree.fd(), "layout/blobs");
    tree.symlink(std::string("layout/") + name, tree.at("outside"));
    CHECK(refusal(f, tree) == ErrorKind::kUsage);
    CHECK(sys::list_dir(sys::open_path(tree.at("outside"), O_RDONLY)).empty());
  }
}
