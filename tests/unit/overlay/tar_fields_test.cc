// SPDX-License-Identifier: Apache-2.0
#include "overlay/tar/internal/tar_fields.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "tests/support/tar_maker.h"

using namespace cairn;
using namespace cairn::overlay::internal;
using cairn::test::TarMaker;
using namespace std::string_literals;

namespace {

using Records = std::map<std::string, std::string>;

Records parsed(std::string_view text) {
  Records records;
  parse_pax(text, records);
  return records;
}

std::string base_256(std::initializer_list<int> bytes) {
  std::string out;
  for (int byte : bytes) out += static_cast<char>(byte);
  return out;
}

}  // namespace

TEST_CASE("numbers of headers are octal in any padding, and empty is nought") {
  struct Case {
    std::string field;
    std::int64_t value;
  };
  for (const Case& c : {Case{"0000644\0"s, 0644},
                        {"    644 "s, 0644},
                        {"644\0\0\0\0\0"s, 0644},
                        {"\0\0\0\0\0\0\0\0"s, 0},
                        {"        "s, 0},
                        {"00000000"s, 0},
                        {"77777777777\0"s, 077777777777},
                        {"12\0"
                         "99"s,
                         012}}) {
    CAPTURE(c.field);
    CHECK(tar_number(c.field) == c.value);
  }
  for (const char* field : {"8", "12 34", "-1", "0x10", "1.0", "1777777777777777777777"}) {
    CAPTURE(field);
    CHECK_THROWS_AS(tar_number(field), Error);
  }
}

TEST_CASE("GNU's binary numbers reach to both ends of 64 bits and no further") {
  CHECK(tar_number(base_256({0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0})) == 256);
  CHECK(tar_number(base_256({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})) == -1);
  CHECK(tar_number(base_256({0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})) ==
        INT64_MAX);
  CHECK(tar_number(base_256({0xff, 0xff, 0xff, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0})) == INT64_MIN);
  CHECK_THROWS_AS(tar_number(base_256({0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0})), Error);
  CHECK_THROWS_AS(tar_number(base_256({0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0})), Error);
  CHECK_THROWS_AS(tar_size(base_256({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})), Error);
}

TEST_CASE("text ends at its first NUL or with its field") {
  CHECK(tar_text("name\0rest"s) == "name");
  CHECK(tar_text("full") == "full");
  CHECK(tar_text("\0"s).empty());
}

TEST_CASE("times of pax have fractions, also before 1970") {
  struct Case {
    const char* text;
    Timestamp time;
  };
  for (const Case& c : {Case{"0", {}},
                        {"12", {.seconds = 12, .nanos = 0}},
                        {"12.5", {.seconds = 12, .nanos = 500'000'000}},
                        {"12.", {.seconds = 12, .nanos = 0}},
                        {"1.0000000019", {.seconds = 1, .nanos = 1}},
                        {"-3", {.seconds = -3, .nanos = 0}},
                        {"-0.5", {.seconds = -1, .nanos = 500'000'000}},
                        {"-1.25", {.seconds = -2, .nanos = 750'000'000}}}) {
    CAPTURE(c.text);
    CHECK(pax_time(c.text) == c.time);
  }
  for (const char* text : {"", "-", ".5", "x", "1.x", "--1", "+1", "1e3", "9223372036854775807"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(pax_time(text), Error);
  }
}

TEST_CASE(
    "pax records are read one by one, a later or an empty one taking the place of the first") {
  std::string text = TarMaker::pax_line("path=a=b\nc") + TarMaker::pax_line("uid=1") +
                     TarMaker::pax_line("uid=2") + TarMaker::pax_line("gid=3") +
                     TarMaker::pax_line("gid=");
  CHECK(parsed(text) == Records{{"path", "a=b\nc"}, {"uid", "2"}});
  Records global{{"size", "7"}, {"uid", "1"}};
  parse_pax(TarMaker::pax_line("size="), global);
  CHECK(global == Records{{"uid", "1"}});
}

TEST_CASE("the offsets and sizes of an old sparse file become one map") {
  std::string text;
  for (const char* record : {"GNU.sparse.offset=0", "GNU.sparse.numbytes=5",
                             "GNU.sparse.offset=100", "GNU.sparse.numbytes=7"}) {
    text += TarMaker::pax_line(record);
  }
  CHECK(parsed(text) == Records{{"GNU.sparse.map", "0,5,100,7"}});
}

TEST_CASE("pax records whose length, form or names cannot be are damage") {
  for (const std::string& text :
       {"x path=a\n"s, "path=a\n"s, "99 path=a\n"s, "0 path=a\n"s, "3 a\n"s, "10 path=ab"s,
        "7 =abc\n"s, "7 abcd\n"s, "12"s, TarMaker::pax_line("path=a\0b"s),
        TarMaker::pax_line("linkpath=\0"s)}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parsed(text), Error);
  }
  CHECK(parsed(TarMaker::pax_line("SCHILY.xattr.user.x=a\0b"s)).size() == 1);
}

TEST_CASE("blocks are filled up to 512 bytes, and a checksum does not count itself") {
  CHECK(padding(0) == 0);
  CHECK(padding(1) == 511);
  CHECK(padding(512) == 0);
  CHECK(padding(513) == 511);
  TarBlock block{};
  CHECK(tar_checksum(block) == 8 * ' ');
  slot(block, kChecksum)[0] = 'x';
  CHECK(tar_checksum(block) == 8 * ' ');
  slot(block, kName)[0] = static_cast<char>(0xff);
  CHECK(tar_checksum(block) == 8 * ' ' + 0xff);
}
