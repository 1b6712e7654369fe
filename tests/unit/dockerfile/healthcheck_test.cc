// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/duration.h"
#include "tests/unit/dockerfile/dockerfile_fixture.h"

using namespace cairn;
using namespace cairn::dockerfile;

// G07
TEST_CASE("the command of a health check is text for a shell, or words") {
  struct Case {
    const char* line;
    Lines test;
  };
  for (const Case& c :
       std::initializer_list<Case>{{"HEALTHCHECK CMD a  'b' $c", {"CMD-SHELL", "a  'b' $c"}},
                                   {"HEALTHCHECK cmd a", {"CMD-SHELL", "a"}},
                                   {"HEALTHCHECK CMD [\"a\", \"b c\"]", {"CMD", "a", "b c"}},
                                   {"HEALTHCHECK CMD ['a']", {"CMD-SHELL", "['a']"}},
                                   {"HEALTHCHECK none", {"NONE"}}}) {
    CHECK_MESSAGE(instruction<Healthcheck>(c.line).test == c.test, c.line);
  }
}

TEST_CASE("each duration of a health check has its own flag") {
  Healthcheck check = instruction<Healthcheck>(
      "HEALTHCHECK --interval=1s --timeout=2ms --start-period=3m --start-interval=4h CMD a");
  CHECK(check.interval == 1'000'000'000);
  CHECK(check.timeout == 2'000'000);
  CHECK(check.start_period == 180'000'000'000);
  CHECK(check.start_interval == 14'400'000'000'000);
  CHECK(check.retries == 0);
  CHECK(instruction<Healthcheck>("HEALTHCHECK --interval=0s CMD a").interval == 0);
}

// G07
TEST_CASE("durations of a health check are nothing or a millisecond and more") {
  for (std::string flag : {"interval", "timeout", "start-period", "start-interval"}) {
    CHECK(complaint("HEALTHCHECK --" + flag + "=999us CMD a") ==
          "Interval \"" + flag + "\" cannot be less than 1ms");
    CHECK(complaint("HEALTHCHECK --" + flag + "=-5s CMD a") ==
          "Interval \"" + flag + "\" cannot be less than 1ms");
    CHECK(complaint("HEALTHCHECK --" + flag + "=1ms CMD a").empty());
    CHECK(complaint("HEALTHCHECK --" + flag + "=5 CMD a") == "invalid duration \"5\"");
  }
}

TEST_CASE("retries are a number, and no negative one") {
  CHECK(instruction<Healthcheck>("HEALTHCHECK --retries=7 CMD a").retries == 7);
  CHECK(complaint("HEALTHCHECK --retries=many CMD a") == "--retries is not a number: many");
  CHECK(complaint("HEALTHCHECK --retries=1.5 CMD a") == "--retries is not a number: 1.5");
  CHECK(complaint("HEALTHCHECK --retries=99999999999 CMD a") ==
        "--retries is not a number: 99999999999");
}

TEST_CASE("every unit of a duration is read, alone and in sums") {
  struct Case {
    const char* text;
    std::int64_t nanoseconds;
  };
  for (const Case& c : std::initializer_list<Case>{{"1us", 1'000},
                                                   {"1\xce\xbcs", 1'000},
                                                   {"2.5ms", 2'500'000},
                                                   {".5s", 500'000'000},
                                                   {"1.s", 1'000'000'000},
                                                   {"+3s", 3'000'000'000},
                                                   {"1h1m1s1ms", 3'661'001'000'000},
                                                   {"1s1h", 3'601'000'000'000},
                                                   {"-2m", -120'000'000'000}}) {
    CHECK_MESSAGE(parse_duration(c.text) == c.nanoseconds, c.text);
  }
  for (const char* text : {"1 s", "1S", "1d", ".", "s1", "1s ", "--1s", "+", "1e3s"}) {
    CHECK_THROWS_AS(parse_duration(text), Error);
  }
}

TEST_CASE("durations print in their largest fitting unit, without trailing zeros") {
  CHECK(format_duration(1'500) == "1.5\xc2\xb5s");
  CHECK(format_duration(1'000'000) == "1ms");
  CHECK(format_duration(59'999'000'000) == "59.999s");
  CHECK(format_duration(60'000'000'000) == "1m0s");
  CHECK(format_duration(3'600'000'000'000) == "1h0m0s");
  CHECK(format_duration(-1'500'000'000) == "-1.5s");
}
