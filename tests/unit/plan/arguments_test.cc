// SPDX-License-Identifier: Apache-2.0
//
// Which value a variable has where: global and local ARGs, build arguments, ENV, parents (the traps
// 08, 10, 11, 12 and 13).
#include <doctest/doctest.h>

#include "tests/unit/plan/plan_fixture.h"

using namespace cairn;
using namespace cairn::plan;

namespace {

// What RUN sees of X.
std::string seen(PlanTest& t, const std::string& text) {
  Plan plan = t.plan(text);
  for (const std::string& entry : last<RunOp>(plan).env) {
    if (entry.starts_with("X=")) return entry.substr(2);
  }
  return "unset";
}

}  // namespace

// R01 R02
TEST_CASE("the value of an ARG comes from the command line, its default or the global one") {
  struct Case {
    const char* global;
    const char* local;
    const char* without;
    const char* given;
  };
  for (const Case& c : std::initializer_list<Case>{{"", "", "unset", "unset"},
                                                   {"", "ARG X", "unset", "cli"},
                                                   {"", "ARG X=", "", "cli"},
                                                   {"", "ARG X=l", "l", "cli"},
                                                   {"ARG X=g", "", "unset", "unset"},
                                                   {"ARG X=g", "ARG X", "g", "cli"},
                                                   {"ARG X=g", "ARG X=l", "l", "cli"},
                                                   {"ARG X", "ARG X", "unset", "cli"},
                                                   {"ARG X=g", "ARG X=$X", "", "cli"},
                                                   {"ARG X=g\nARG X=h", "ARG X", "h", "cli"}}) {
    std::string text = std::string(c.global) + "\nFROM base\n" + c.local + "\nRUN a\n";
    PlanTest t;
    CHECK_MESSAGE(seen(t, text) == c.without, text);
    t.options.build_args = {{"X", "cli"}};
    CHECK_MESSAGE(seen(t, text) == c.given, text);
  }
}

// R04 ⚠10
TEST_CASE("of ARG and ENV the later line decides for commands, in every order") {
  struct Case {
    const char* lines;
    const char* expected;
  };
  for (const Case& c : std::initializer_list<Case>{{"ARG X=a\nENV X=e", "e"},
                                                   {"ENV X=e\nARG X=a", "a"},
                                                   {"ENV X=e\nARG X", "e"},
                                                   {"ARG X=a\nENV X=e\nARG X=b", "b"},
                                                   {"ARG X=a\nENV X=${X}e", "ae"},
                                                   {"ARG X=a\nENV X=", ""},
                                                   {"ARG X=a\nARG X", "a"}}) {
    PlanTest t;
    std::string text = "FROM base\n" + std::string(c.lines) + "\nRUN a\n";
    CHECK_MESSAGE(seen(t, text) == c.expected, text);
  }
}

TEST_CASE("an ARG is in no image config, whatever its value") {
  PlanTest t;
  t.options.build_args = {{"X", "secret"}};
  Plan plan = t.plan("ARG X\nFROM base\nARG X\nARG Y=1\nRUN a\n");
  CHECK(plan.config.env == Lines{"PATH=/bin", "B=base"});
}

// V07 ⚠08
TEST_CASE("words of one line see the values before the line, the items of an ARG each other") {
  PlanTest t;
  Plan plan = t.plan(
      "FROM base\nENV A=1\nENV A=2 C=$A D=${A}x\nLABEL A=$A C=$A$C\nARG E=e F=$E$A G=$F\nRUN a\n");
  CHECK(plan.config.env == Lines{"PATH=/bin", "B=base", "A=2", "C=1", "D=1x"});
  CHECK(plan.config.labels.at("C") == "21");
  CHECK(history(plan).back() == "+ RUN |3 E=e F=e2 G=e2 /bin/sh -c a # buildkit");
}

// R02
TEST_CASE("a default that is not used is not even looked at") {
  PlanTest t;
  CHECK(t.refused("FROM base\nARG X=${Y:?needed}\n") ==
        "failed to process \"${Y:?needed}\": Y: needed @2");
  CHECK(t.refused("ARG X=${Y:?needed}\nFROM base\n") ==
        "failed to process \"${Y:?needed}\": Y: needed @1");
  t.options.build_args = {{"X", "1"}};
  CHECK(t.refused("ARG X=${Y:?needed}\nFROM base\nARG X=${Z:?needed}\n").empty());
}

// R02
TEST_CASE("global ARGs see each other in order, and the platform from the start") {
  PlanTest t;
  t.images.add("base:linux-1-amd64");
  t.plan("ARG OS=$TARGETOS\nARG V=1 TAG=$OS-$V-$TARGETARCH\nFROM base:$TAG\n");
  CHECK(t.images.asked == Lines{"base:linux-1-amd64 linux/amd64"});
}

// R02
TEST_CASE("an ARG of a stage is no variable of a later FROM") {
  PlanTest t;
  CHECK(t.refused("FROM base AS a\nARG V=base\nFROM ${V}\n") ==
        "base name (${V}) should not be blank @3");
  CHECK(t.hint ==
        "V is not set: a FROM line sees only the ARGs above the first FROM and --build-arg");
  CHECK(t.refused("FROM base AS a\nENV V=base\nFROM $V\n").starts_with("base name ($V)"));
}

// R03 ⚠11
TEST_CASE("what builds on a stage has its arguments, what copies from it has not") {
  PlanTest t;
  std::string parent = "FROM base AS a\nARG X=a\nENV Y=b\n";
  CHECK(seen(t, parent + "FROM a\nRUN r\n") == "a");
  CHECK(seen(t, parent + "FROM base\nCOPY --from=a / /\nRUN r\n") == "unset");
  CHECK(seen(t, parent + "FROM a AS b\nFROM b\nARG X=c\nRUN r\n") == "c");
  CHECK(seen(t, parent + "FROM a\nENV X=d\nRUN r\n") == "d");
}

// R06
TEST_CASE("automatic arguments are there once they are declared, and a build argument beats them") {
  PlanTest t;
  t.options.platform = oci::Platform{.os = "linux", .architecture = "arm", .variant = "v7"};
  struct Case {
    const char* name;
    const char* value;
  };
  for (const Case& c : std::initializer_list<Case>{{"TARGETPLATFORM", "linux/arm/v7"},
                                                   {"TARGETOS", "linux"},
                                                   {"TARGETARCH", "arm"},
                                                   {"TARGETVARIANT", "v7"},
                                                   {"BUILDPLATFORM", "linux/amd64"},
                                                   {"BUILDARCH", "amd64"},
                                                   {"BUILDVARIANT", ""},
                                                   {"TARGETSTAGE", "default"}}) {
    std::string name = c.name;
    std::string line = history(t.plan("FROM base\nARG " + name + "\n")).back();
    CHECK_MESSAGE(line == "  ARG " + name + "=" + c.value, name);
  }
  CHECK(seen(t, "FROM base\nENV X=$TARGETOS\nRUN a\n") == "");
  t.options.build_args = {{"TARGETARCH", "mine"}};
  CHECK(history(t.plan("FROM base\nARG TARGETARCH\n")).back() == "  ARG TARGETARCH=mine");
}

// R06
TEST_CASE("TARGETSTAGE is the name of the target") {
  PlanTest t;
  CHECK(history(t.plan("FROM base AS Fin\nARG TARGETSTAGE\n")).back() == "  ARG TARGETSTAGE=fin");
  t.options.target = "one";
  CHECK(history(t.plan("FROM base AS one\nARG TARGETSTAGE\nFROM base\n")).back() ==
        "  ARG TARGETSTAGE=one");
}

// R05 ⚠12
TEST_CASE("a proxy in either spelling reaches a command in both, and no variable") {
  for (const char* name : {"https_proxy", "HTTPS_PROXY"}) {
    PlanTest t;
    t.options.build_args = {{name, "p:1"}, {"no_proxy", ""}};
    Plan plan = t.plan("FROM base\nLABEL p=x$https_proxy$HTTPS_PROXY\nRUN a\n");
    CHECK(last<RunOp>(plan).proxy_env == Lines{"HTTPS_PROXY=p:1", "https_proxy=p:1"});
    CHECK(plan.config.labels.at("p") == "x");
    CHECK(plan.warnings.empty());
  }
}

// R07 R08 ⚠13
TEST_CASE("arguments with a meaning of their own need no ARG, all others are reported") {
  PlanTest t;
  t.options.build_args = {
      {"BUILDKIT_CACHE_MOUNT_NS", "n"}, {"SOURCE_DATE_EPOCH", "1"}, {"TARGETARCH", "x"},
      {"BUILDKIT_INLINE_CACHE", "1"},   {"FTP_PROXY", "p"},         {"QWERTYUIOP", "1"}};
  CHECK(t.plan("FROM base\n").warnings ==
        Lines{"build argument BUILDKIT_INLINE_CACHE has no effect: images carry no cache",
              "build argument QWERTYUIOP is not declared by any ARG, ignoring it"});
  t.options.build_args = {{"USED", "1"}};
  CHECK(t.plan("FROM base AS lost\nARG USED\nFROM base\n").warnings.empty());
  t.images.add("trigger").on_build = {"ARG USED"};
  CHECK(t.plan("FROM trigger\n").warnings.empty());
}

// P04
TEST_CASE("a frontend of someone else is reported, the usual one is not") {
  PlanTest t;
  CHECK(t.plan("# syntax=docker/dockerfile:1.7\nFROM base\n").warnings.empty());
  CHECK(t.plan("# syntax=docker.io/docker/dockerfile:1\nFROM base\n").warnings.empty());
  CHECK(t.plan("# syntax=other/frontend\nFROM base\n").warnings ==
        Lines{"Dockerfile:1: syntax=other/frontend names another frontend; cairn reads Dockerfiles "
              "itself, ignoring it"});
}
