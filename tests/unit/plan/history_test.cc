// SPDX-License-Identifier: Apache-2.0
//
// The lines of history as BuildKit prints them (trap 38), and what counts as a layer.
#include <doctest/doctest.h>

#include "tests/unit/plan/plan_fixture.h"

using namespace cairn;
using namespace cairn::plan;

namespace {

// The history of one line below "FROM base".
std::string said(const std::string& line) {
  PlanTest t;
  return history(t.plan("FROM base\n" + line + "\n")).at(0);
}

}  // namespace

// X05 ⚠38
TEST_CASE("every instruction has its form in the history") {
  struct Case {
    const char* line;
    const char* expected;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"run  ls", "+ RUN /bin/sh -c ls # buildkit"},
           {"RUN [\"a\", \"b c\"]", "+ RUN a b c # buildkit"},
           {"RUN --network=none --mount=type=cache,target=/c ls", "+ RUN /bin/sh -c ls # buildkit"},
           {"ADD --chown=1:2 --chmod=0755 a b /c/",
            "+ ADD --chown=1:2 --chmod=0755 a b /c/ # buildkit"},
           {"COPY . .", "+ COPY . . # buildkit"},
           {"COPY <<a /b\na\n", "+ COPY <<a /b # buildkit"},
           {"COPY x <<a /b/\na\n", "+ COPY x <<a /b/ # buildkit"},
           {"WORKDIR a/../b", "+ WORKDIR /b"},
           {"ENV a='b c' d=\"e\"", "  ENV a=b c d=e"},
           {"ENV a b  c", "  ENV a=b  c"},
           {"ARG a", "  ARG a"},
           {"ARG a b=1 c=\"2 3\"", "  ARG a b=1 c=2 3"},
           {"LABEL a.b=c", "  LABEL a.b=c"},
           {"CMD a \"b\"", "  CMD [\"/bin/sh\" \"-c\" \"a \\\"b\\\"\"]"},
           {"CMD [\"a\", \"b\"]", "  CMD [\"a\" \"b\"]"},
           {"CMD []", "  CMD []"},
           {"ENTRYPOINT a", "  ENTRYPOINT [\"/bin/sh\" \"-c\" \"a\"]"},
           {"EXPOSE 9 10/UDP 1-2", "  EXPOSE [1/tcp 2/tcp 10/udp 9/tcp]"},
           {"VOLUME [\"/a\", \"/b c\"]", "  VOLUME [/a /b c]"},
           {"USER 1000:1000", "  USER 1000:1000"},
           {"STOPSIGNAL 9", "  STOPSIGNAL 9"},
           {"SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]",
            "  SHELL [/bin/bash -o pipefail -c]"},
           {"HEALTHCHECK NONE",
            "  HEALTHCHECK {Test:[NONE] Interval:0s Timeout:0s StartPeriod:0s StartInterval:0s "
            "Retries:0}"},
           {"HEALTHCHECK --timeout=1500ms --retries=2 CMD [\"a\", \"b\"]",
            "  HEALTHCHECK {Test:[CMD a b] Interval:0s Timeout:1.5s StartPeriod:0s "
            "StartInterval:0s Retries:2}"},
           {"MAINTAINER a <b>", "  MAINTAINER a <b>"}}) {
    CHECK_MESSAGE(said(c.line) == c.expected, c.line);
  }
}

TEST_CASE("RUN, COPY, ADD and WORKDIR make layers, WORKDIR / and all else do not") {
  PlanTest t;
  Plan plan = t.plan(
      "FROM base\nRUN a\nCOPY a b\nADD a b\nWORKDIR /a\nWORKDIR /\nENV a=b\nLABEL a=b\nUSER a\n"
      "EXPOSE 1\nVOLUME /a\nCMD a\nENTRYPOINT a\nSHELL [\"a\"]\nSTOPSIGNAL 1\nARG a\n");
  std::size_t layers = 0;
  for (const HistoryLine& line : plan.history) {
    CHECK(line.comment == "buildkit.dockerfile.v0");
    layers += line.vertex ? 1 : 0;
  }
  CHECK(layers == 4);
  CHECK(plan.history.size() == 15);
  CHECK(!plan.history.at(4).vertex);
}

TEST_CASE("an ONBUILD writes no history") {
  PlanTest t;
  Plan plan = t.plan("FROM base\nONBUILD RUN a\nUSER b\n");
  CHECK(history(plan) == Lines{"  USER b"});
  CHECK(plan.config.on_build == Lines{"RUN a"});
}

TEST_CASE("the arguments of a command stand once each, in the order of their first line") {
  PlanTest t;
  Plan plan = t.plan("FROM base\nARG foo=1\nARG bar=2\nARG foo=3\nARG none\nRUN ls\n");
  CHECK(history(plan).back() == "+ RUN |3 foo=3 bar=2 none= /bin/sh -c ls # buildkit");
}

TEST_CASE("each layer of the history is the vertex that made it, in their order") {
  PlanTest t;
  Plan plan = t.plan("FROM base AS a\nRUN 1\nFROM a\nUSER u\nRUN 2\nWORKDIR /w\n");
  std::vector<VertexId> layers;
  for (const HistoryLine& line : plan.history) {
    if (line.vertex) layers.push_back(*line.vertex);
  }
  REQUIRE(layers.size() == 3);
  CHECK(plan.vertices[layers[0]].name == "[a 2/2] RUN 1");
  CHECK(plan.vertices[layers[1]].inputs.at(0) == layers[0]);
  CHECK(plan.vertices[layers[2]].inputs.at(0) == layers[1]);
  CHECK(layers[2] == plan.root);
}

TEST_CASE("a stage that is only copied from leaves nothing in the history") {
  PlanTest t;
  Plan plan =
      t.plan("FROM base AS a\nENV A=1\nRUN 1\nFROM base\nCOPY --from=a --link=false /x /y\n");
  CHECK(history(plan) == Lines{"+ COPY /x /y # buildkit"});
}
