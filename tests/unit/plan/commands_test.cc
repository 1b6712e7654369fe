// SPDX-License-Identifier: Apache-2.0
//
// What an image runs: CMD, ENTRYPOINT, SHELL and HEALTHCHECK against what the base says (trap 36).
#include <doctest/doctest.h>

#include "tests/unit/plan/plan_fixture.h"

using namespace cairn;
using namespace cairn::plan;

namespace {

// Entrypoint and command of the image, "-" for none: "e | c".
std::string runs(PlanTest& t, const std::string& text) {
  oci::ImageConfig config = t.plan(text).config;
  auto show = [](const std::optional<Lines>& words) {
    std::string out;
    if (!words) return std::string("-");
    for (const std::string& word : *words) out += (out.empty() ? "" : " ") + word;
    return out;
  };
  return show(config.entrypoint) + " | " + show(config.cmd);
}

}  // namespace

// W04 ⚠36
TEST_CASE("ENTRYPOINT clears an inherited CMD unless this stage has run CMD before it") {
  struct Case {
    const char* lines;
    const char* expected;
  };
  for (const Case& c : std::initializer_list<Case>{{"", "be | bc"},
                                                   {"CMD [\"c\"]", "be | c"},
                                                   {"ENTRYPOINT [\"e\"]", "e | -"},
                                                   {"CMD [\"c\"]\nENTRYPOINT [\"e\"]", "e | c"},
                                                   {"ENTRYPOINT [\"e\"]\nCMD [\"c\"]", "e | c"},
                                                   {"ENTRYPOINT []", "- | -"},
                                                   {"CMD []", "be | -"},
                                                   {"CMD []\nENTRYPOINT [\"e\"]", "e | -"},
                                                   {"CMD [\"c\"]\nCMD [\"d\"]", "be | d"},
                                                   {"CMD c", "be | /bin/sh -c c"},
                                                   {"ENTRYPOINT e f", "/bin/sh -c e f | -"}}) {
    PlanTest t;
    t.images.add("cmd").cmd = {"bc"};
    t.images.add("cmd").entrypoint = {"be"};
    CHECK_MESSAGE(runs(t, "FROM cmd\n" + std::string(c.lines) + "\n") == c.expected, c.lines);
  }
}

TEST_CASE("a CMD of a parent stage counts as inherited") {
  PlanTest t;
  CHECK(runs(t, "FROM base AS a\nCMD [\"c\"]\nFROM a\nENTRYPOINT [\"e\"]\n") == "e | -");
  CHECK(runs(t, "FROM base AS a\nENTRYPOINT [\"e\"]\nFROM a\nCMD [\"c\"]\n") == "e | c");
  CHECK(runs(t, "FROM base AS a\nONBUILD CMD [\"c\"]\nFROM a\nENTRYPOINT [\"e\"]\n") == "e | c");
}

// G10
TEST_CASE("SHELL holds from its line on, is kept in the image and inherited") {
  PlanTest t;
  Plan plan = t.plan(
      "FROM base AS a\nRUN 1\nSHELL [\"/s\", \"-x\"]\nRUN 2\nFROM a\nRUN 3\nCMD c\n"
      "HEALTHCHECK CMD h\n");
  CHECK(history(plan).at(0) == "+ RUN /bin/sh -c 1 # buildkit");
  CHECK(history(plan).at(2) == "+ RUN /s -x 2 # buildkit");
  CHECK(history(plan).at(3) == "+ RUN /s -x 3 # buildkit");
  CHECK(plan.config.shell == Lines{"/s", "-x"});
  CHECK(plan.config.cmd == Lines{"/s", "-x", "c"});
  CHECK(plan.config.healthcheck->test == Lines{"CMD-SHELL", "h"});
  t.images.add("power").shell = {"pwsh", "-c"};
  CHECK(last<RunOp>(t.plan("FROM power\nRUN a\n")).argv == Lines{"pwsh", "-c", "a"});
  CHECK(last<RunOp>(t.plan("FROM power\nRUN [\"a\"]\n")).argv == Lines{"a"});
}

// W08
TEST_CASE("HEALTHCHECK NONE takes away the check of the base, and a later one replaces it") {
  PlanTest t;
  t.images.add("checked").healthcheck = oci::Healthcheck{.test = {"CMD", "x"},
                                                         .interval = 5,
                                                         .timeout = 0,
                                                         .start_period = 0,
                                                         .start_interval = 0,
                                                         .retries = 3};
  CHECK(t.plan("FROM checked\n").config.healthcheck->retries == 3);
  CHECK(t.plan("FROM checked\nHEALTHCHECK NONE\n").config.healthcheck->test == Lines{"NONE"});
  CHECK(t.plan("FROM checked\nHEALTHCHECK CMD y\n").config.healthcheck->retries == 0);
}

// G09
TEST_CASE("signals go by name with or without SIG, by number and by offset") {
  for (const char* signal : {"SIGTERM", "term", "KILL", "9", "64", "SIGRTMIN+3", "RTMAX-14",
                             "sigrtmin", "SIGWINCH", "$NONE${X:-SIGHUP}"}) {
    PlanTest t;
    CHECK_MESSAGE(t.refused("FROM base\nSTOPSIGNAL " + std::string(signal) + "\n").empty(), signal);
  }
  for (std::string signal :
       {"0", "SIG", "SIGNAL", "RTMIN+16", "RTMAX-15", "RTMIN+0", "-9", "TERM KILL", "4294967296"}) {
    PlanTest t;
    CHECK(t.refused("FROM base\nSTOPSIGNAL " + signal + "\n") ==
          "invalid signal: " + signal + " @2");
  }
}

// H02 ⚠05
TEST_CASE("a heredoc with a shebang is run by the shell of the image, from a file of its own") {
  PlanTest t;
  const RunOp run =
      last<RunOp>(t.plan("FROM base\nSHELL [\"/s\"]\nRUN <<-'MY'\n#!/bin/x\n\t\ty\n\tMY\n"));
  REQUIRE(run.script);
  CHECK(run.script->name == "/dev/pipes/MY");
  CHECK(run.script->content == "#!/bin/x\ny\n");
  CHECK(run.argv == Lines{"/s", "/dev/pipes/MY"});
}

// H02 ⚠05
TEST_CASE("a heredoc with words beside it goes to the shell as it stands") {
  PlanTest t;
  CHECK(last<RunOp>(t.plan("FROM base\nRUN <<E bash -e\nfoo\nE\n")).argv.back() ==
        "<<E bash -e\nfoo\nE");
  CHECK(last<RunOp>(t.plan("FROM base\nRUN cat <<-E > /x\n\ta\n\tE\n")).argv.back() ==
        "cat <<-E > /x\n\ta\nE");
  CHECK(!last<RunOp>(t.plan("FROM base\nRUN cat <<E\n#!/bin/sh\nE\n")).script);
}
