// SPDX-License-Identifier: Apache-2.0
//
// The pure functions on text and time, case by case.
#include <doctest/doctest.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "base/utf8.h"

using namespace cairn;

TEST_CASE("a path is cleaned by Go's rules, and cleaning again changes nothing") {
  struct Case {
    const char* path;
    const char* clean;
  };
  for (const Case& c : {Case{"abc", "abc"},
                        {"abc/def", "abc/def"},
                        {"a/b/c", "a/b/c"},
                        {".", "."},
                        {"..", ".."},
                        {"../..", "../.."},
                        {"/abc", "/abc"},
                        {"/", "/"},
                        {"abc/", "abc"},
                        {"a/b/c/", "a/b/c"},
                        {"./", "."},
                        {"../", ".."},
                        {"/abc/", "/abc"},
                        {"//abc", "/abc"},
                        {"///abc", "/abc"},
                        {"abc//", "abc"},
                        {"abc/./def", "abc/def"},
                        {"/./abc/def", "/abc/def"},
                        {"abc/.", "abc"},
                        {"abc/def/ghi/../jkl", "abc/def/jkl"},
                        {"abc/def/../ghi/../jkl", "abc/jkl"},
                        {"abc/def/..", "abc"},
                        {"abc/def/../..", "."},
                        {"/abc/def/../..", "/"},
                        {"abc/def/../../..", ".."},
                        {"/abc/def/../../..", "/"},
                        {"abc/./../def", "def"},
                        {"abc//./../def", "def"},
                        {"abc/../../././../def", "../../def"},
                        {"...", "..."},
                        {"a/...", "a/..."},
                        {" ", " "},
                        {"a/ /b", "a/ /b"}}) {
    CAPTURE(c.path);
    CHECK(clean_path(c.path) == c.clean);
    CHECK(clean_path(clean_path(c.path)) == c.clean);
  }
}

TEST_CASE("a rooted path never leaves its root") {
  for (const char* path : {"..", "../..", "/../a/../..", "a/../../..", "./..", ""}) {
    CAPTURE(path);
    CHECK(rooted_path(path) == "/");
  }
  CHECK(rooted_path("a/./b/") == "/a/b");
}

TEST_CASE("splitting keeps empty parts, and joining is its inverse") {
  for (const char* text : {"", ",", "a", "a,b", ",a,", "a,,b", ",,,"}) {
    CAPTURE(text);
    CHECK(join(split(text, ','), ",") == text);
  }
  CHECK(split("", ',').size() == 1);
  CHECK(split("a,,b", ',') == std::vector<std::string>{"a", "", "b"});
}

TEST_CASE("white space goes at both ends and stays in the middle") {
  CHECK(trim(" \t\r\n a b \v\f") == "a b");
  CHECK(trim(" \n ").empty());
  CHECK(trim("").empty());
  CHECK(trim("\xc2\xa0x") == "\xc2\xa0x");
}

TEST_CASE("letter case folds in ASCII alone") {
  CHECK(equal_fold("RUN", "rUn"));
  CHECK(!equal_fold("RUN", "RUNS"));
  CHECK(!equal_fold("\xc3\x84", "\xc3\xa4"));
  CHECK(to_lower("A\xc3\x84Z[") == "a\xc3\x84z[");
  CHECK(to_upper("az{") == "AZ{");
}

TEST_CASE("a number is digits alone and fits") {
  CHECK(parse_uint("0") == 0u);
  CHECK(parse_uint("007") == 7u);
  CHECK(parse_uint("18446744073709551615") == UINT64_MAX);
  CHECK(parse_uint("755", 8) == 0755u);
  for (const char* text : {"", " 1", "1 ", "+1", "-1", "0x1", "1e3", "18446744073709551616"}) {
    CAPTURE(text);
    CHECK(!parse_uint(text));
  }
  CHECK(!parse_uint("8", 8));
}

TEST_CASE("sizes are read in any unit and spelling that docker knows") {
  struct Case {
    const char* text;
    std::uint64_t bytes;
  };
  for (const Case& c : {Case{"0", 0},
                        {"100", 100},
                        {"100b", 100},
                        {"2k", 2048},
                        {"2K", 2048},
                        {"2kb", 2048},
                        {"2KiB", 2048},
                        {" 3m ", 3u << 20},
                        {"3 MB", 3u << 20},
                        {"1g", 1u << 30},
                        {"1t", 1ull << 40}}) {
    CAPTURE(c.text);
    CHECK(parse_size(c.text) == c.bytes);
  }
  for (const char* text : {"", "b", "k", "-1k", "1x", "1kk", "k1", "ib", "18446744073709551615k"}) {
    CAPTURE(text);
    CHECK(!parse_size(text));
  }
}

TEST_CASE("sizes are printed in three figures with the unit that fits") {
  struct Case {
    std::uint64_t bytes;
    const char* text;
  };
  for (const Case& c : {Case{1, "1B"},
                        {1000, "1kB"},
                        {1234, "1.23kB"},
                        {12'340, "12.3kB"},
                        {123'400, "123kB"},
                        {1'000'000, "1MB"},
                        {1'500'000'000, "1.5GB"},
                        {2'000'000'000'000, "2TB"},
                        {UINT64_MAX, "18.4EB"}}) {
    CAPTURE(c.bytes);
    CHECK(human_size(c.bytes) == c.text);
  }
}

TEST_CASE(
    "how long ago is told in docker's words, and the words change where docker changes them") {
  constexpr double kMinute = 60, kHour = 3600, kDay = 24 * kHour;
  struct Case {
    double seconds;
    const char* text;
  };
  for (const Case& c : {Case{0, "Less than a second"},
                        {0.99, "Less than a second"},
                        {1, "1 second"},
                        {59, "59 seconds"},
                        {kMinute, "About a minute"},
                        {2 * kMinute, "2 minutes"},
                        {59 * kMinute, "59 minutes"},
                        {kHour, "About an hour"},
                        {1.4 * kHour, "About an hour"},
                        {1.5 * kHour, "2 hours"},
                        {47 * kHour, "47 hours"},
                        {2 * kDay, "2 days"},
                        {13 * kDay, "13 days"},
                        {14 * kDay, "2 weeks"},
                        {59 * kDay, "8 weeks"},
                        {60 * kDay, "2 months"},
                        {729 * kDay, "24 months"},
                        {730 * kDay, "2 years"}}) {
    CAPTURE(c.seconds);
    CHECK(human_duration(c.seconds) == c.text);
  }
}

TEST_CASE("a time prints in UTC and reads back as itself") {
  struct Case {
    Timestamp time;
    const char* text;
  };
  for (const Case& c :
       {Case{{}, "1970-01-01T00:00:00Z"},
        {{.seconds = -1, .nanos = 0}, "1969-12-31T23:59:59Z"},
        {{.seconds = 951'782'400, .nanos = 1}, "2000-02-29T00:00:00.000000001Z"},
        {{.seconds = 4'102'444'799, .nanos = 999'999'999}, "2099-12-31T23:59:59.999999999Z"},
        {{.seconds = -62'135'596'800, .nanos = 0}, "0001-01-01T00:00:00Z"},
        {{.seconds = 253'402'300'799, .nanos = 0}, "9999-12-31T23:59:59Z"}}) {
    CAPTURE(c.text);
    CHECK(to_rfc3339(c.time) == c.text);
    CHECK(parse_rfc3339(c.text) == c.time);
  }
}

TEST_CASE("the date of an HTTP header is read in its usual form alone") {
  CHECK(find_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == Timestamp{.seconds = 784111777});
  CHECK(find_http_date("Thu, 01 Jan 1970 00:00:00 GMT") == Timestamp{});
  for (const char* text : {"", "Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z",
                           "Sun, 06 Nov 1994 08:49:37 GMT+1", "Sun, 06 Nov 1994"}) {
    CHECK_MESSAGE(!find_http_date(text), text);
  }
}

TEST_CASE("base64 comes back as it went, with padding or without") {
  for (const std::string& text : {std::string(), std::string("a"), std::string("ab"),
                                  std::string("abc"), std::string("\0\xff\n", 3)}) {
    CHECK(decode_base64(encode_base64(text)) == text);
  }
  CHECK(encode_base64("user:pass") == "dXNlcjpwYXNz");
  CHECK(decode_base64("YQ") == "a");
  CHECK_FALSE(decode_base64("a*b="));
}

TEST_CASE("an offset moves the time, and digits beyond nanoseconds are dropped") {
  CHECK(parse_rfc3339("1970-01-01T00:00:00-01:30")->seconds == 5400);
  CHECK(parse_rfc3339("1970-01-01t00:00:00z")->seconds == 0);
  CHECK(parse_rfc3339("1970-01-01T00:00:00.1234567891Z")->nanos == 123'456'789);
}

TEST_CASE("what is no time of the calendar is refused") {
  for (const char* text :
       {"", "2024", "2024-01-01T00:00:00", "2024-01-01 00:00:00Z", "2024-13-01T00:00:00Z",
        "2024-00-01T00:00:00Z", "2024-01-00T00:00:00Z", "2024-01-32T00:00:00Z",
        "2024-01-01T00:60:00Z", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+1:00",
        "2024-01-01T00:00:00+01:00x", "2024-01-01T00:00:00Zx", "2024/01/01T00:00:00Z",
        "2024-01-01T00:00:61Z", "2023-02-29T00:00:00Z", "2024-04-31T00:00:00Z",
        "2024-01-01T24:00:00Z"}) {
    CAPTURE(text);
    CHECK(!parse_rfc3339(text));
  }
}

TEST_CASE("every character decodes to its code point and its length, and comes back") {
  struct Case {
    const char* text;
    char32_t value;
    std::size_t size;
  };
  for (const Case& c : {Case{"a", 'a', 1},
                        {"\xc3\xa9", 0xe9, 2},
                        {"\xe2\x82\xac", 0x20ac, 3},
                        {"\xf0\x9f\x98\x80", 0x1f600, 4},
                        {"\xef\xbf\xbf", 0xffff, 3},
                        {"\xf4\x8f\xbf\xbf", 0x10ffff, 4}}) {
    CAPTURE(c.text);
    Rune rune = decode_rune(std::string(c.text) + "tail");
    CHECK(rune.value == c.value);
    CHECK(rune.size == c.size);
    std::string back;
    append_rune(back, rune.value);
    CHECK(back == c.text);
  }
}

TEST_CASE("bytes that are no UTF-8 stand for themselves, one at a time") {
  for (std::string text : {"\x80", "\xff", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                           "\xf4\x90\x80\x80", "\xf8\x88\x80\x80", "\xe2\x82x"}) {
    Rune rune = decode_rune(text);
    CHECK(is_stray_byte(rune.value));
    CHECK(rune.size == 1);
    std::string back;
    append_rune(back, rune.value);
    CHECK(back == text.substr(0, 1));
  }
}

TEST_CASE("a digest does not depend on how its bytes were cut") {
  std::string text(100'000, 'q');
  Sha256 hash;
  for (std::size_t at = 0, step = 1; at < text.size(); at += step, step = step * 3 % 1009 + 1) {
    hash.update(std::string_view(text).substr(at, step));
  }
  CHECK(hash.finish() == Digest::of(text));
  CHECK(Digest::of("abc").hex() ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("only the one spelling of a digest is a digest") {
  std::string hex(64, 'a');
  CHECK(Digest::find("sha256:" + hex));
  for (const std::string& text :
       {hex, "SHA256:" + hex, "sha256:" + hex + "a", "sha256:" + hex.substr(1),
        "sha256:" + hex.substr(1) + "g", "sha256:" + hex + "\n", " sha256:" + hex,
        "sha512:" + hex + hex, std::string("sha256:"), std::string()}) {
    CAPTURE(text);
    CHECK(!Digest::find(text));
  }
}

TEST_CASE("JSON that does not parse names what it was, and brackets in strings are no depth") {
  try {
    parse_json("{\"a\":", "the manifest of app");
    FAIL("parsed");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kCorrupt);
    CHECK(error.message().find("the manifest of app") != std::string::npos);
  }
  CHECK(parse_json("[\"" + std::string(500, '[') + "\\\"" + "\"]", "x").size() == 1);
  CHECK_NOTHROW(parse_json(std::string(64, '[') + std::string(64, ']'), "x"));
  CHECK_THROWS_AS(parse_json(std::string(65, '[') + std::string(65, ']'), "x"), Error);
  CHECK_THROWS_AS(parse_json("{} {}", "x"), Error);
}

TEST_CASE("the canonical spelling has no choices left") {
  CHECK(canonical(parse_json("{ \"z\" : [1, 2.5, true, null], \"a\" : {} }", "x")) ==
        "{\"a\":{},\"z\":[1,2.5,true,null]}");
  CHECK(canonical(Json("a\xff")) == "\"a\xef\xbf\xbd\"");
}

TEST_CASE("a clamp changes later times only, and counts whole seconds") {
  Clamp clamp = Clamp::at(100);
  CHECK(clamp.apply({.seconds = 101}) == Timestamp{.seconds = 100});
  CHECK(clamp.apply({.seconds = 101, .nanos = 5}) == Timestamp{.seconds = 100});
  CHECK(clamp.apply({.seconds = 100, .nanos = 5}) == Timestamp{.seconds = 100, .nanos = 5});
  CHECK(clamp.apply({.seconds = -1}) == Timestamp{.seconds = -1});
  CHECK(Clamp(Timestamp{.seconds = 100, .nanos = 7}) == clamp);
  CHECK(Clamp().apply({.seconds = 1 << 30, .nanos = 7}) ==
        Timestamp{.seconds = 1 << 30, .nanos = 7});
  CHECK(Clamp(std::nullopt) == Clamp());
}
