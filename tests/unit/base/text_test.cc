// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <doctest/doctest.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/time.h"

using namespace cairn;

TEST_CASE("paths are cleaned as Go cleans them") {
  CHECK(clean_path("") == ".");
  CHECK(clean_path("a//b/../c/.") == "a/c");
  CHECK(clean_path("../../x") == "../../x");
  CHECK(clean_path("/../x") == "/x");
  CHECK(rooted_path("../../etc/passwd") == "/etc/passwd");
}

TEST_CASE("a suggestion is near, keeps the writer's letter case, and never repeats the word") {
  CHECK(did_you_mean("FNTRYPOINT", {"entrypoint", "env"}) == " (did you mean ENTRYPOINT?)");
  CHECK(did_you_mean("biuld", {"build"}) == " (did you mean build?)");
  CHECK(did_you_mean("build", {"build"}) == "");
  CHECK(did_you_mean("xyzzy", {"build"}) == "");
}

TEST_CASE("sizes print in decimal units and read in binary ones") {
  CHECK(human_size(0) == "0B");
  CHECK(human_size(999) == "999B");
  CHECK(human_size(12'345'678) == "12.3MB");
  CHECK(human_size(756'000'000) == "756MB");
  CHECK(parse_size("64m") == 64u << 20);
  CHECK(parse_size("1GiB") == 1u << 30);
  CHECK(parse_size("1.5g") == 3u << 29);
  CHECK(parse_size("0.25k") == 256u);
  CHECK(!parse_size("1.g"));
  CHECK(!parse_size(".5g"));
  CHECK(!parse_size("1.x"));
  CHECK(!parse_size("m"));
  CHECK(!parse_size("99999999999g"));
}

TEST_CASE("strings quote as Go's %q does") {
  CHECK(go_quote("a \"b\"\n") == "\"a \\\"b\\\"\\n\"");
  CHECK(go_quote("\x01") == "\"\\x01\"");
  CHECK(go_quote("\xc3\xa9\xff\xe2\x80\x8b\xc2\xa0") == "\"\xc3\xa9\\xff\\u200b\\u00a0\"");
}

TEST_CASE("a digest is read strictly before anything uses it") {
  Digest empty = Digest::of("");
  CHECK(empty.str() == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(Digest::parse(empty.str()) == empty);
  CHECK(!Digest::find("sha256:../../etc/passwd"));
  CHECK(!Digest::find("sha256:E3B0C44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  CHECK_THROWS_AS(Digest::parse("md5:00"), Error);
}

TEST_CASE("times print and parse as Go's RFC 3339") {
  CHECK(to_rfc3339({.seconds = 1'700'000'000, .nanos = 500'000'000}) == "2023-11-14T22:13:20.5Z");
  CHECK(parse_rfc3339("2023-11-14T23:13:20.5+01:00") ==
        Timestamp{.seconds = 1'700'000'000, .nanos = 500'000'000});
  CHECK(!parse_rfc3339("2023-11-14"));
}

TEST_CASE("JSON from strangers is bounded in depth") {
  CHECK_THROWS_AS(parse_json(std::string(1000, '['), "a manifest"), Error);
  CHECK(canonical(parse_json(R"({"b":1, "a":"\u00e9"})", "x")) == "{\"a\":\"\xc3\xa9\",\"b\":1}");
}
