// SPDX-License-Identifier: Apache-2.0
//
// Unpacking what is damaged, or larger than anybody means it, ends with an error that says which.
// done.
#include "overlay/unpack.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "support/tar_maker.h"
#include "unit/overlay/jail.h"

using namespace cairn;
using namespace cairn::overlay;
using test::Jail;
using test::TarMaker;

TEST_CASE("symlinks in a circle are an error") {
  Jail jail;
  CHECK_THROWS_AS(jail.unpack(TarMaker().symlink("a", "b").symlink("b", "a").file("a/f").end()),
                  Error);
}

TEST_CASE("an entry below a file is damage") {
  Jail jail;
  CHECK(jail.failure(TarMaker().file("a").file("a/b").end()) == ErrorKind::kCorrupt);
}

TEST_CASE("sparse maps that lie are damage") {
  for (const char* map : {"5,2,3,1", "0,99", "1", "0,1,x,1", "9,9223372036854775807"}) {
    CAPTURE(map);
    std::string lines = TarMaker::pax_line("GNU.sparse.realsize=50") +
                        TarMaker::pax_line(std::string("GNU.sparse.map=") + map);
    Jail jail;
    CHECK(jail.failure(TarMaker().add({.name = "x", .type = 'x'}, lines).file("f", "ab").end()) ==
          ErrorKind::kCorrupt);
  }
}

TEST_CASE("damaged and truncated archives are told") {
  std::string good = TarMaker().dir("d").pax("path=d/long").file("f", "content").unended();
  Jail jail;
  for (std::size_t end = 1; end < good.size(); end += 7) {
    CAPTURE(end);
    if (end == 512) continue;  // between entries: legal, if odd
    CHECK(jail.failure(good.substr(0, end)) == ErrorKind::kCorrupt);
  }
  std::string flipped = good;
  flipped[5] ^= 1;
  CHECK(jail.failure(flipped) == ErrorKind::kCorrupt);
  CHECK(jail.unpack("").entries == 0);
  CHECK(jail.unpack(good).entries == 2);
}

TEST_CASE("pax headers that are no records are damage") {
  for (const char* text :
       {"x", "4 a=\n", "99 a=b\n", "6 a=b", "3 \n\n", "7 =abc\n", "18446744073709551615 a=b\n"}) {
    CAPTURE(text);
    Jail jail;
    CHECK(jail.failure(TarMaker().add({.name = "x", .type = 'x'}, text).file("f").end()) ==
          ErrorKind::kCorrupt);
  }
}

TEST_CASE("counts, sizes, names and depth are bounded") {
  Jail jail;
  std::string three = TarMaker().file("a", "12345").file("b", "12345").file("c").end();
  CHECK(jail.failure(three, {.max_entries = 2}) == ErrorKind::kLimit);
  CHECK(jail.failure(three, {.max_bytes = 9}) == ErrorKind::kLimit);
  CHECK(jail.failure(TarMaker().file("a/b/c/d").end(), {.max_depth = 3}) == ErrorKind::kLimit);
  CHECK(jail.failure(TarMaker().file("abcdef").end(), {.max_path = 5}) == ErrorKind::kLimit);
  CHECK(jail.failure(TarMaker().pax("size=9223372036854775807").file("f").end()) !=
        ErrorKind::kBug);
  std::string huge = TarMaker::pax_line("path=" + std::string(2'000'000, 'a'));
  CHECK(jail.failure(TarMaker().add({.name = "x", .type = 'x'}, huge).file("f").end()) ==
        ErrorKind::kCorrupt);
}

TEST_CASE("extended headers of one entry are bounded together") {
  // Each is below Go's bound on one.
  std::string record = TarMaker::pax_line("SCHILY.xattr.user.x=" + std::string(900'000, 'a'));
  TarMaker small, large, links;
  for (int i = 0; i < 4; ++i) small.add({.name = "x", .type = 'x'}, record);
  for (int i = 0; i < 5; ++i) large.add({.name = "x", .type = 'x'}, record);
  for (int i = 0; i < 5; ++i) links.add({.name = "x", .type = 'K'}, std::string(900'000, 'a'));
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += TarMaker::pax_line("k" + std::to_string(i) + "=v");
  Jail jail;
  jail.unpack(small.file("f").end());
  CHECK(jail.failure(large.file("f").end()) == ErrorKind::kLimit);
  CHECK(jail.failure(links.file("f").end()) == ErrorKind::kLimit);
  CHECK(jail.failure(TarMaker().add({.name = "x", .type = 'x'}, many).file("f").end()) ==
        ErrorKind::kLimit);
}

TEST_CASE("what a layer makes us remember is bounded") {
  TarMaker links;
  std::string target(9'000, 'a');
  for (std::size_t at = 200; at < target.size(); at += 200) target[at] = '/';
  for (int i = 0; i < 2'000; ++i) {
    links.add({.name = "x", .type = 'K'}, target).hard_link(std::to_string(i), "x");
  }
  Jail jail;
  CHECK(jail.failure(links.end()) == ErrorKind::kLimit);
}
