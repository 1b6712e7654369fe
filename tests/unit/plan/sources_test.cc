// SPDX-License-Identifier: Apache-2.0
//
// What a name after FROM, --from and --target means (the traps 15 to 18), and the errors of each at
// the line that asks.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/plan/plan_fixture.h"

using namespace cairn;
using namespace cairn::plan;

namespace {

bool asked_for(const PlanTest& t, const std::string& image) {
  return std::any_of(t.images.asked.begin(), t.images.asked.end(),
                     [&](const std::string& request) { return request.starts_with(image); });
}

}  // namespace

// F02 ⚠15
TEST_CASE("stages are found in any letter case by COPY, mounts and the target") {
  const char* stages = "FROM base AS Build\nRUN 1\nFROM base\n";
  for (const char* line : {"COPY --from=BUILD /a /b\n", "COPY --from=build /a /b\n",
                           "RUN --mount=from=Build,target=/x a\n"}) {
    PlanTest t;
    Plan plan = t.plan(std::string(stages) + line);
    REQUIRE(plan.vertices.back().inputs.size() == 2);
    CHECK_MESSAGE(plan.vertices[plan.vertices.back().inputs[1]].name == "[build 2/2] RUN 1", line);
  }
  PlanTest t;
  t.options.target = "BuILD";
  CHECK(t.plan(stages).vertices.back().name == "[build 2/2] RUN 1");
}

// F02 ⚠15
TEST_CASE("FROM takes a stage in exact lower case, and an image otherwise") {
  PlanTest t;
  t.images.add("tool:Build");
  t.plan("FROM base AS build\nFROM tool:Build\n");
  CHECK(t.images.asked == Lines{"tool:Build linux/amd64"});
  CHECK(t.refused("FROM base AS build\nRUN a\nFROM BUILD\n")
            .starts_with("failed to parse stage name \"BUILD\""));
}

TEST_CASE("a stage hides the image of its name, above it the image is meant") {
  PlanTest t;
  Plan plan = t.plan("FROM base AS base\nRUN 1\nFROM base AS base\nRUN 2\nFROM base\nRUN 3\n");
  CHECK(history(plan) == Lines{"+ RUN /bin/sh -c 1 # buildkit", "+ RUN /bin/sh -c 2 # buildkit",
                               "+ RUN /bin/sh -c 3 # buildkit"});
  CHECK(t.images.asked.size() == 1);
}

// F03 ⚠16
TEST_CASE("numbers are stages in COPY --from alone") {
  PlanTest t;
  Plan plan = t.plan("FROM base\nRUN 0\nFROM base\nRUN 1\nFROM base\nCOPY --from=1 /a /b\n");
  CHECK(plan.vertices[plan.vertices.back().inputs.at(1)].name == "[stage-1 2/2] RUN 1");
  CHECK(t.plan("FROM base\nRUN 0\nFROM base\nCOPY --from=+0 /a /b\n").vertices.size() == 3);
  t.options.target = "0";
  CHECK(t.refused("FROM base\nFROM base\n") == "target stage \"0\" could not be found @0");
  CHECK(t.hint == "no stage of this file has a name");
  t.options.target = "";
  CHECK(t.refused("FROM base\nFROM 0\n") == "no such image: 0:latest @2");
  CHECK(t.refused("FROM base\nFROM base\n\nCOPY --from=99999999999999999999 /a /b\n") ==
        "invalid stage index 99999999999999999999 @4");
  CHECK(t.hint == "the stages of this file are 0 to 1");
}

// F04 ⚠17
TEST_CASE("COPY takes the last stage of a name, and one below is out of reach") {
  PlanTest t;
  t.options.target = "mid";
  CHECK(
      t.refused("FROM base AS a\nRUN 1\nFROM base AS mid\nCOPY --from=a /x /y\nFROM base AS a\n") ==
      "cannot copy from stage \"a\", it needs to be defined before current stage \"mid\" @4");
  CHECK(t.hint == "move the stage at line 5 above the one at line 3");
}

// F05
TEST_CASE("names that are no stage are images, with one request for each") {
  PlanTest t;
  t.images.add("nginx:1");
  t.images.add("alpine");
  Plan plan = t.plan(
      "FROM base AS a\nCOPY --from=nginx:1 /a /a\nCOPY --from=nginx:1 /b /b\n"
      "RUN --mount=from=alpine,target=/x c\n");
  CHECK(t.images.asked.size() == 3);
  CHECK(asked_for(t, "nginx:1"));
  CHECK(asked_for(t, "alpine:latest"));
  CHECK(plan.vertices.back().inputs.size() == 2);
}

TEST_CASE("an image is asked for once, however many stages stand on it and however it is spelled") {
  PlanTest t;
  t.plan(
      "FROM base AS a\nRUN 1\nFROM base:latest AS b\nRUN 2\nFROM docker.io/library/base\n"
      "COPY --from=a / /a\nCOPY --from=b / /b\nRUN --mount=from=library/base,target=/x c\n");
  CHECK(t.images.asked == Lines{"base:latest linux/amd64"});
}

TEST_CASE("an image that is not there is an error at the line that names it") {
  PlanTest t;
  CHECK(t.refused("ARG a\n\nFROM nowhere\n") == "no such image: nowhere:latest @3");
  CHECK(t.refused("FROM base\nRUN a\nCOPY --from=nowhere /a /b\n") ==
        "no such image: nowhere:latest @3");
  CHECK(t.refused("FROM base\nRUN a\nRUN --mount=from=nowhere,target=/x b\n") ==
        "no such image: nowhere:latest @3");
  CHECK(t.refused("FROM base AS a\nFROM bad::ref\n").ends_with(" @2"));
}

// F05 ⚠18
TEST_CASE("a short name is taken for a slip of a stage only when one letter is off") {
  struct Case {
    const char* stage;
    const char* written;
    bool refused;
  };
  for (const Case& c : std::initializer_list<Case>{{"app", "apps", true},
                                                   {"app", "pap", true},
                                                   {"app", "apx", true},
                                                   {"app", "web", false},
                                                   {"builder", "bulider", true},
                                                   {"builder", "build", true},
                                                   {"builder", "alpine", false},
                                                   {"node1", "node", false},
                                                   {"builder", "x/builder", false},
                                                   {"ab", "ac", false}}) {
    PlanTest t;
    std::string message = t.refused("FROM base AS " + std::string(c.stage) +
                                    "\nFROM base\nCOPY --from=" + c.written + " /a /b\n");
    CHECK_MESSAGE(message.starts_with("no stage is called") == c.refused, message);
    CHECK_MESSAGE(t.images.asked.empty() == c.refused, message);
  }
}

// E05
TEST_CASE("a circle is shown as a chain, at its first line, and before any image is asked for") {
  PlanTest t;
  CHECK(t.refused("FROM base AS a\nCOPY --from=c / /\nFROM base AS b\nCOPY --from=a / /\n"
                  "FROM base AS c\nRUN --mount=from=b,target=/x y\n") ==
        "circular dependency detected on stage: a @2");
  CHECK(t.hint ==
        "a takes files from c (Dockerfile:2), c takes files from b (Dockerfile:6), b takes files "
        "from a (Dockerfile:4)");
  CHECK(t.images.asked.empty());
}

// F06
TEST_CASE("a target that nobody asked for is not planned, however wrong its images are") {
  PlanTest t;
  t.options.target = "a";
  Plan plan =
      t.plan("FROM base AS a\nRUN 1\nFROM nowhere AS b\nCOPY --from=nothing / /\nUSER ${X:?m}\n");
  CHECK(plan.vertices.size() == 2);
  CHECK(t.images.asked == Lines{"base:latest linux/amd64"});
}

// E08
TEST_CASE("a blank base names the variable that is missing") {
  PlanTest t;
  CHECK(t.refused("ARG A\nFROM ${A}${B}\n") == "base name (${A}${B}) should not be blank @2");
  CHECK(t.hint ==
        "A, B is not set: a FROM line sees only the ARGs above the first FROM and --build-arg");
  CHECK(t.refused("ARG A=\nFROM $A\n") == "base name ($A) should not be blank @2");
  CHECK(t.hint.empty());
  CHECK(t.refused("FROM ${A:-base}\n").empty());
}

TEST_CASE("a password in a URL of ADD is in no name, no history and no error") {
  PlanTest t;
  Plan plan = t.plan(
      "FROM base\nARG P=PW\nADD https://u:${P}@h/x.git /a\nADD http://u:$P@h/f http://PW@h/g "
      "/b/\n");
  Lines texts = names(plan);
  for (const std::string& line : history(plan)) texts.push_back(line);
  texts.push_back(t.refused("FROM base\nCOPY http://u:PW@h/f /b\n"));
  for (const std::string& text : texts) CHECK_MESSAGE(text.find("PW@") == std::string::npos, text);
  CHECK(history(plan).back() == "+ ADD http://xxxxx:xxxxx@h/f http://xxxxx@h/g /b/ # buildkit");
}
