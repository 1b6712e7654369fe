// SPDX-License-Identifier: Apache-2.0
#include "source/tar_input.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "tests/unit/source/source_fixture.h"

namespace cairn::source {
namespace {

std::string read_tar(std::string_view bytes) {
  MemorySource in(bytes);
  test::StringSink out;
  copy_all(*open_tar(in), out);
  return out.text;
}

const std::string kTar = test::TarMaker().dir("etc").file("etc/motd", "hello").end();

}  // namespace

TEST_CASE("a tar is read as it is, whatever compresses it") {
  CHECK(read_tar(kTar) == kTar);
  CHECK(read_tar(test::compressed(Compression::kGzip, kTar)) == kTar);
  CHECK(read_tar(test::compressed(Compression::kZstd, kTar)) == kTar);
}

TEST_CASE("a tar of nothing is a tar") {
  std::string nothing(10240, '\0');
  CHECK(read_tar(nothing) == nothing);
}

TEST_CASE("what does not begin like a tar is refused, compressed or not") {
  std::string damaged = kTar;
  damaged[0] = 'x';
  for (const std::string& bytes :
       {std::string(), std::string("no tar at all"), kTar.substr(0, 300), damaged,
        test::compressed(Compression::kGzip, "text"), std::string("BZh91AY&SYrubbish"),
        std::string("\xfd"
                    "7zXZ\0rubbish",
                    13)}) {
    CHECK_THROWS_AS(read_tar(bytes), Error);
  }
}

}  // namespace cairn::source
