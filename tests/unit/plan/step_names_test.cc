// SPDX-License-Identifier: Apache-2.0
//
// The names of steps as the progress shows them, and how they are counted.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/plan/plan_fixture.h"

using namespace cairn;
using namespace cairn::plan;

namespace {

std::string step(const std::string& lines) {
  PlanTest t;
  return t.plan("FROM base\nENV V=v TWO=\"a  b\"\n" + lines + "\n").vertices.back().name;
}

}  // namespace

TEST_CASE("a step shows its line with the values it has, and its keyword in capitals") {
  struct Case {
    const char* line;
    const char* expected;
  };
  for (const Case& c :
       std::initializer_list<Case>{{"run echo $V $U ${U:-x}", "[2/2] RUN echo v $U ${U:-x}"},
                                   {"RUN a \\\n   b", "[2/2] RUN a    b"},
                                   {"RUN echo '$V' \"$V\"", "[2/2] RUN echo '$V' \"v\""},
                                   {"RUN echo ${V", "[2/2] RUN echo ${V"},
                                   {"RUN it's", "[2/2] RUN it's"},
                                   {"RUN [\"a\", \"$V\"]", "[2/2] RUN [\"a\", \"v\"]"},
                                   {"copy --chown=$V a /$V", "[2/2] COPY --chown=v a /v"},
                                   {"ADD a $U/b", "[2/2] ADD a /b"},
                                   {"Workdir /$V", "[2/2] WORKDIR /v"},
                                   {"COPY <<E /d\nx\nE", "[2/2] COPY <<E /d"}}) {
    CHECK_MESSAGE(step(c.line) == c.expected, c.line);
  }
}

// H05
TEST_CASE("a heredoc shows its first line, and dots when there are more") {
  CHECK(step("RUN <<E\nmake\nE") == "[2/2] RUN <<E (make)");
  CHECK(step("RUN <<E\n\n  make\n  install\nE") == "[2/2] RUN <<E (make...)");
  CHECK(step("RUN <<E\n#!/bin/bash\nmake\nE") == "[2/2] RUN <<E (#!/bin/bash...)");
  CHECK(step("RUN <<E\nE") == "[2/2] RUN <<E ()");
  CHECK(step("RUN cat <<E\nx\nE") == "[2/2] RUN cat <<E");
}

TEST_CASE("FROM, RUN, COPY, ADD and WORKDIR are counted, and nothing else") {
  PlanTest t;
  Plan plan = t.plan(
      "FROM base\nENV a=b\nRUN 1\nUSER u\nCOPY a b\nLABEL a=b\nADD a b\nEXPOSE 1\nWORKDIR /w\n"
      "CMD x\n");
  CHECK(plan.vertices.back().name == "[5/5] WORKDIR /w");
}

TEST_CASE("a stage built on a stage or on scratch counts from its first step") {
  PlanTest t;
  Lines shown = names(t.plan("FROM base AS a\nRUN 1\nFROM a AS b\nRUN 2\nRUN 3\nFROM b\nRUN 4\n"));
  CHECK(Lines(shown.begin() + 1, shown.end()) ==
        Lines{"[a 2/2] RUN 1", "[b 1/2] RUN 2", "[b 2/2] RUN 3", "[stage-2 1/1] RUN 4"});
  CHECK(names(t.plan("FROM scratch\nCOPY a b\nCOPY c d\n")).back() == "[2/2] COPY c d");
}

TEST_CASE("WORKDIR / is counted, though it is no step to be seen") {
  PlanTest t;
  CHECK(names(t.plan("FROM base\nWORKDIR /\nRUN a\n")).back() == "[2/3] RUN a");
}

TEST_CASE("an unnamed stage is called by its place, except when it is alone") {
  PlanTest t;
  CHECK(names(t.plan("FROM base AS only\nRUN a\n")).back() == "[2/2] RUN a");
  CHECK(names(t.plan("FROM base\nRUN a\nFROM base\nRUN b\n")).back() == "[stage-1 2/2] RUN b");
  t.images.add("other");
  CHECK(names(t.plan("FROM base\nCOPY --from=other /a /b\n")).back() ==
        "[stage-0 2/2] COPY --from=other /a /b");
}

TEST_CASE("vertices know the line they come from and the stage they are of") {
  PlanTest t;
  Plan plan = t.plan("FROM base AS a\n\nRUN 1 \\\n  2\nFROM a\nWORKDIR /w\n");
  REQUIRE(plan.vertices.size() == 3);
  CHECK(plan.vertices[VertexId{0}].span.first_line == 1);
  CHECK(plan.vertices[VertexId{1}].span.first_line == 3);
  CHECK(plan.vertices[VertexId{1}].span.last_line == 4);
  CHECK(plan.vertices[VertexId{1}].stage == "a");
  CHECK(plan.vertices[VertexId{2}].stage.empty());
}

TEST_CASE("a directory given as a context is shown as loaded from the client") {
  PlanTest t;
  t.options.contexts["src"] = parse_named_context("../src");
  Lines shown = names(t.plan("FROM base\nCOPY --from=src a b\nCOPY c d\n"));
  CHECK(std::count(shown.begin(), shown.end(), "[context src] load from client") == 1);
  CHECK(std::count(shown.begin(), shown.end(), "[internal] load build context") == 1);
}
