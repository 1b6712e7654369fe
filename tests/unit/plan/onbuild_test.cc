// SPDX-License-Identifier: Apache-2.0
//
// Triggers (trap 37): when they fire, in whose file their names are looked up, and who is told when
// they fail.
#include <doctest/doctest.h>

#include "tests/unit/plan/plan_fixture.h"

using namespace cairn;
using namespace cairn::plan;

// W07 ⚠37
TEST_CASE("triggers fire before the first instruction of the stage, in their order") {
  PlanTest t;
  t.images.add("on").on_build = {"ENV A=1", "RUN one", "ENV B=$A"};
  Plan plan = t.plan("FROM on\nENV A=2\nRUN two\n");
  CHECK(history(plan) == Lines{"  ENV A=1", "+ RUN /bin/sh -c one # buildkit", "  ENV B=1",
                               "  ENV A=2", "+ RUN /bin/sh -c two # buildkit"});
}

// W07 ⚠37
TEST_CASE("triggers fire once in each stage built on the image, and not in their children") {
  PlanTest t;
  t.images.add("on").on_build = {"RUN fired"};
  t.images.add("other").on_build = {"RUN fired"};
  Plan plan = t.plan("FROM on AS a\nFROM a AS b\nFROM other AS c\nCOPY --from=b / /\n");
  int fired = 0;
  for (const Vertex& vertex : plan.vertices) {
    fired += vertex.name.find("ONBUILD RUN fired") != std::string::npos ? 1 : 0;
  }
  CHECK(fired == 2);
}

TEST_CASE("an image that is only copied from does not fire its triggers") {
  PlanTest t;
  t.images.add("on").on_build = {"RUN fired"};
  Plan plan = t.plan("FROM base\nCOPY --from=on /a /b\n");
  CHECK(history(plan) == Lines{"+ COPY /a /b # buildkit"});
}

TEST_CASE("triggers of a stage are kept in its image, for those who build on it") {
  PlanTest t;
  Plan plan = t.plan("FROM base\nONBUILD RUN a\nONBUILD COPY . /x\nONBUILD RUN <<E\nb\nE\n");
  CHECK(plan.config.on_build == Lines{"RUN a", "COPY . /x", "RUN <<E\nb\nE"});
  CHECK(plan.vertices.size() == 1);
}

TEST_CASE("a trigger that names a stage brings that stage into the plan") {
  PlanTest t;
  t.images.add("on").on_build = {"COPY --from=tools /t /t"};
  Plan plan = t.plan("FROM base AS tools\nRUN make\nFROM on\n");
  REQUIRE(plan.vertices.back().inputs.size() == 2);
  CHECK(plan.vertices[plan.vertices.back().inputs[1]].name == "[tools 2/2] RUN make");
}

TEST_CASE("a trigger that fails is an error at FROM, and says what the base carries") {
  struct Case {
    const char* trigger;
    const char* message;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"COPY --form=a b c", "unknown flag: --form (did you mean from?) @3"},
           {"USER ${X:?m}", "failed to process \"${X:?m}\": X: m @3"},
           {"COPY --from=9 a b", "invalid stage index 9 @3"},
           {"FROM x", "FROM isn't allowed as an ONBUILD trigger @3"},
           {"ONBUILD RUN a", "ONBUILD isn't allowed as an ONBUILD trigger @3"},
           {"RUN a\nRUN b", "onbuild trigger should be a single expression @3"}}) {
    PlanTest t;
    t.images.add("on").on_build = {c.trigger};
    CHECK_MESSAGE(t.refused("ARG x\n\nFROM on\nRUN a\n") == c.message, c.trigger);
  }
}

TEST_CASE("a trigger of a stage is counted and shown as one") {
  PlanTest t;
  Plan plan = t.plan("FROM base AS a\nONBUILD RUN one\nFROM a AS b\nRUN two\n");
  CHECK(names(plan).at(1) == "[b 1/2] ONBUILD RUN one");
  CHECK(names(plan).at(2) == "[b 2/2] RUN two");
  CHECK(plan.vertices.at(VertexId{1}).span.first_line == 3);
}
