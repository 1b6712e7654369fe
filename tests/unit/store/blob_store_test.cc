// SPDX-License-Identifier: Apache-2.0
#include "store/blob_store.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "base/error.h"
#include "tests/unit/store/store_fixture.h"

using namespace cairn;
using namespace cairn::store;
using cairn::test::refusal;
using cairn::test::StoreFixture;

namespace {

std::size_t count_files(const std::string& path) {
  return sys::list_dir(sys::open_path(path, O_RDONLY | O_DIRECTORY)).size();
}

}  // namespace

TEST_CASE("a blob is found under its digest, once it is committed") {
  StoreFixture f;
  const BlobStore& blobs = f.store.blobs();
  BlobWriter writer = blobs.writer();
  writer.write(as_bytes("hel"));
  writer.write(as_bytes("lo"));
  CHECK(!blobs.has(Digest::of("hello")));
  Blob blob = writer.commit();
  CHECK(blob.digest == Digest::of("hello"));
  CHECK(blob.size == 5);
  CHECK(blobs.read(blob.digest, 5) == "hello");
  CHECK(blobs.find_size(blob.digest) == 5);
  CHECK(count_files(f.store.tmp_dir()) == 0);
}

TEST_CASE("bytes that are not what was expected leave nothing behind") {
  StoreFixture f;
  const BlobStore& blobs = f.store.blobs();
  Digest good = Digest::of("good");
  auto write = [&](Expected expected, std::string_view text) {
    return refusal([&] {
      BlobWriter writer = blobs.writer(expected);
      writer.write(as_bytes(text));
      writer.commit();
    });
  };
  CHECK(write({.digest = good}, "evil").starts_with("digest mismatch: got sha256:"));
  CHECK(write({.digest = good, .size = 4}, "goo").ends_with("ends after 3 of 4 bytes"));
  CHECK(write({.digest = good, .size = 4}, "good!").find("longer than the 4 bytes") !=
        std::string::npos);
  CHECK(!blobs.has(good));
  CHECK(count_files(f.store.tmp_dir()) == 0);
  CHECK(write({.digest = good, .size = 4}, "good") == "accepted");
}

TEST_CASE("a blob that is not there is an error with its name") {
  StoreFixture f;
  Digest digest = Digest::of("x");
  CHECK(!f.store.blobs().find(digest));
  CHECK(refusal([&] { f.store.blobs().open(digest); }) ==
        "blob " + digest.str() + " is not in the store");
}

TEST_CASE("many threads may put the same blobs at once") {
  StoreFixture f;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 5; ++n) f.store.blobs().put("blob " + std::to_string(n));
    });
  }
  threads.clear();
  CHECK(count_files(f.store.root() + "/oci/blobs/sha256") == 5);
  CHECK(count_files(f.store.tmp_dir()) == 0);
}

TEST_CASE("a layer's blobs are found by its diff id, while they exist") {
  StoreFixture f;
  oci::DiffId layer(Digest::of("tar"));
  Digest blob = f.store.blobs().put("gz");
  f.store.layer_blobs().add(
      layer, {.media_type = std::string(oci::kOciLayerGzip), .digest = blob, .size = 2});
  REQUIRE(f.store.layer_blobs().find(layer).size() == 1);
  CHECK(f.store.layer_blobs().find(layer)[0].media_type == oci::kOciLayerGzip);
  f.store.blobs().remove(blob);
  CHECK(f.store.layer_blobs().find(layer).empty());
}
