// SPDX-License-Identifier: Apache-2.0
//
// Damaged archives by the hundred, the same ones each run. CAIRN_FUZZ_ROUNDS asks for more of them.
#include <doctest/doctest.h>

#include <cstdlib>
#include <random>

#include "base/error.h"
#include "overlay/layer_writer.h"
#include "overlay/unpack.h"
#include "support/tar_maker.h"
#include "support/temp_tree.h"

using namespace cairn;
using namespace cairn::overlay;
using test::TarMaker;
using test::TempTree;

namespace {

class NullSink final : public ByteSink {
  void write(std::span<const std::byte>) override {}
};

std::string every_form() {
  std::string sparse = TarMaker::pax_line("GNU.sparse.realsize=5000") +
                       TarMaker::pax_line("GNU.sparse.map=10,2,1000,3");
  return TarMaker()
      .dir("d")
      .file("d/f", "content")
      .symlink("d/up", "../..")
      .file("d/up/canary", "x")
      .hard_link("d/g", "d/f")
      .add({.name = "fifo", .type = '6'})
      .add({.name = "null", .type = '3', .major = 1, .minor = 3})
      .file("d/.wh.gone", "")
      .file("d/.wh..wh..opq", "")
      .pax("SCHILY.xattr.user.overlay.opaque=y")
      .dir("e")
      .pax("path=e/" + std::string(150, 'n'))
      .file("short")
      .add({.name = "L", .type = 'L'}, "e/long" + std::string(1, '\0'))
      .file("short", std::string(600, 'c'))
      .add({.name = "x", .type = 'x'}, sparse)
      .file("holes", "abcde")
      .end();
}

// Changes some bytes, and mends the checksums of headers so that the changes are seen.
std::string damage(std::string tar, std::mt19937& random) {
  using namespace std::string_literals;
  static const std::string spice = "\0/.=x0157\xff\x80 \n~"s;
  for (unsigned i = 0; i < 1 + random() % 6; ++i) {
    std::size_t block = random() % (tar.size() / 512) * 512;
    std::size_t at = block + (random() % 2 == 0 ? random() % 160 : random() % 512);
    tar[at] = random() % 2 == 0 ? spice[random() % spice.size()] : static_cast<char>(random());
    if (tar.compare(block + 257, 5, "ustar") == 0) {
      char header[512];
      tar.copy(header, 512, block);
      tar.replace(block, 512, TarMaker().add_raw(header).unended());
    }
  }
  if (random() % 8 == 0) tar.resize(random() % tar.size());
  return tar;
}

}  // namespace

TEST_CASE("damaged archives end in an error or in the layer's own directory") {
  const char* wish = std::getenv("CAIRN_FUZZ_ROUNDS");
  int rounds = wish != nullptr ? std::atoi(wish) : 150;
  std::mt19937 random(1);
  std::string tar = every_form();
  int unpacked = 0;
  for (int round = 0; round < rounds; ++round) {
    CAPTURE(round);
    TempTree outside;
    outside.file("canary", "alive");
    outside.dir("layer");
    std::string bytes = damage(tar, random);
    try {
      MemorySource source(bytes);
      unpack_layer(source, outside.at("layer"), {.max_bytes = 1 << 20});
      NullSink sink;
      write_layer({{outside.at("layer")}}, {}, {}, sink);
      ++unpacked;
    } catch (const Error&) {
    }
    CHECK(outside.text("canary") == "alive");
    CHECK(outside.stat("canary").st_nlink == 1);
    CHECK(sys::list_dir(outside.fd()).size() == 2);
  }
  CHECK(unpacked > rounds / 10);
  CHECK(unpacked < rounds);
}
