// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "tests/unit/plan/plan_fixture.h"

using namespace cairn;
using namespace cairn::plan;

TEST_CASE("the classic two stages become a chain each, and one image") {
  PlanTest t;
  t.images.add("golang:1");
  Plan plan = t.plan(
      "FROM golang:1 AS build\nRUN mkdir /app\nADD . /app/\nWORKDIR /app\nRUN go build -o main .\n"
      "FROM base\nWORKDIR /root/\nCOPY --from=0 /app/main .\nCMD [\"/root/main\"]\n");
  std::string golang = Digest::of("docker.io/library/golang:1").str();
  std::string base = Digest::of("docker.io/library/base:latest").str();
  CHECK(names(plan) ==
        Lines{"[build 1/5] FROM docker.io/library/golang:1@" + golang, "[build 2/5] RUN mkdir /app",
              "[internal] load build context", "[build 3/5] ADD . /app/",
              "[build 4/5] WORKDIR /app", "[build 5/5] RUN go build -o main .",
              "[stage-1 1/3] FROM docker.io/library/base:latest@" + base,
              "[stage-1 2/3] WORKDIR /root/", "[stage-1 3/3] COPY --from=0 /app/main ."});
  CHECK(history(plan) ==
        Lines{"+ WORKDIR /root/", "+ COPY /app/main . # buildkit", "  CMD [\"/root/main\"]"});
  CHECK(plan.root == VertexId{8});
  CHECK(plan.base == VertexId{6});
  CHECK(plan.vertices[VertexId{8}].inputs == std::vector<VertexId>{{7}, {5}});
  CHECK(plan.config.working_dir == "/root/");
  CHECK(plan.config.cmd == std::vector<std::string>{"/root/main"});
  CHECK(plan.config.history.empty());
  CHECK(t.images.asked == Lines{"golang:1 linux/amd64", "base:latest linux/amd64"});
}

TEST_CASE("a file of one stage shows no stage name, and numbers align to the total") {
  PlanTest t;
  std::string text = "FROM base\n";
  for (int i = 0; i < 9; ++i) text += "RUN " + std::to_string(i) + "\n";
  Plan plan = t.plan(text);
  CHECK(plan.vertices[VertexId{0}].name.starts_with(
      "[ 1/10] FROM docker.io/library/base:latest@sha256:"));
  CHECK(plan.vertices[VertexId{9}].name == "[10/10] RUN 8");
}

// F08
TEST_CASE("scratch is no step, and stands with PATH and a root directory") {
  PlanTest t;
  Plan plan = t.plan(
      "FROM base AS base1\nWORKDIR /out\nRUN echo \"base\" > base\n"
      "FROM scratch\nCOPY --from=base1 --chmod=0644 /out /out\n");
  CHECK(plan.vertices.back().name == "[stage-1 1/1] COPY --from=base1 --chmod=0644 /out /out");
  CHECK(plan.vertices[VertexId{2}].name == "[base1 3/3] RUN echo \"base\" > base");
  CHECK(plan.config.working_dir == "/");
  CHECK(plan.config.env ==
        Lines{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"});
  CHECK(std::holds_alternative<ScratchOp>(plan.vertices[plan.base].op));
}

// F08
TEST_CASE("an image without layers behaves as scratch and keeps its config") {
  PlanTest t;
  t.images.add("empty").user = "u";
  t.images.drop_layers("empty");
  Plan plan = t.plan("FROM empty\n");
  CHECK(std::holds_alternative<ScratchOp>(plan.vertices[plan.root].op));
  CHECK(plan.config.user == "u");
}

// F06
TEST_CASE("only what the target reaches is planned, and nothing else resolved") {
  PlanTest t;
  const char* text =
      "FROM nowhere AS lost\nRUN x\nFROM base AS a\nRUN a\nFROM a AS b\nRUN b\nFROM base\nRUN c\n";
  t.options.target = "B";
  Plan plan = t.plan(text);
  CHECK(plan.vertices.size() == 3);
  CHECK(t.images.asked == Lines{"base:latest linux/amd64"});
  CHECK(history(plan) == Lines{"+ RUN /bin/sh -c a # buildkit", "+ RUN /bin/sh -c b # buildkit"});
}

TEST_CASE("the same image is one vertex however many stages use it") {
  PlanTest t;
  Plan plan = t.plan(
      "FROM base AS a\nRUN a\nFROM base\nCOPY --from=a /x /\nCOPY --from=base /y /\nCOPY z /\n"
      "COPY w /\n");
  int images = 0;
  int locals = 0;
  for (const Vertex& vertex : plan.vertices) {
    images += std::holds_alternative<ImageOp>(vertex.op) ? 1 : 0;
    locals += std::holds_alternative<LocalOp>(vertex.op) ? 1 : 0;
  }
  CHECK(images == 1);
  CHECK(locals == 1);
}

// K13
TEST_CASE("stages share the steps with which they begin alike, and no others") {
  PlanTest t;
  Plan plan = t.plan(
      "FROM base AS a\nRUN --mount=type=cache,target=/c same\nCOPY x /x\nRUN a\nRUN common\n"
      "FROM base AS b\nRUN unreached\nFROM base AS c\n"
      "RUN --mount=type=cache,target=/c same\nCOPY x /x\nRUN c\nRUN common\n"
      "FROM base\nCOPY --from=a / /a\nCOPY --from=c / /c\n");
  Lines steps;
  for (const Vertex& vertex : plan.vertices) {
    if (vertex.inputs.size() > 0) steps.push_back(vertex.name.substr(0, 6));
  }
  CHECK(steps ==
        Lines{"[a 2/5", "[a 3/5", "[a 4/5", "[a 5/5", "[c 4/5", "[c 5/5", "[stage", "[stage"});
  CHECK(plan.vertices[VertexId{6}].inputs == std::vector<VertexId>{{3}});
}

TEST_CASE("a step that must run is not the one that may be cached") {
  PlanTest t;
  t.options.no_cache_filter = {"b"};
  Plan plan = t.plan(
      "FROM base AS a\nRUN same\nFROM base AS b\nRUN same\n"
      "FROM base\nCOPY --from=a / /a\nCOPY --from=b / /b\n");
  CHECK(names(plan).at(1) == "[a 2/2] RUN same");
  CHECK(names(plan).at(2) == "[b 2/2] RUN same");
  CHECK(plan.vertices[VertexId{2}].no_cache);
}

TEST_CASE("FROM finds the nearest stage above in exact case, --from the last in any case") {
  PlanTest t;
  Plan plan = t.plan(
      "FROM base AS x\nRUN 1\nFROM base AS y\nFROM x\nRUN 2\nFROM base AS x\nRUN 3\n"
      "FROM base\nCOPY --from=X /a /b\n");
  const Vertex& copy = plan.vertices.back();
  CHECK(plan.vertices[copy.inputs[1]].name == "[x 2/2] RUN 3");
  CHECK(
      t.refused("FROM base AS Base1\nFROM Base1\n").find("failed to parse stage name \"Base1\"") ==
      0);
  CHECK(t.hint == "names of stages are lower case: write FROM base1");
}

// F03 E07 ⚠16
TEST_CASE("a number is a stage only in COPY --from, and never an image") {
  PlanTest t;
  t.images.add("0");
  CHECK(t.refused("FROM base\nCOPY --from=7 /a /b\n") == "invalid stage index 7 @2");
  CHECK(t.refused("FROM base\nCOPY --from=-1 /a /b\n") == "invalid stage index -1 @2");
  t.plan("FROM base AS a\nFROM base\nRUN --mount=from=0,target=/x y\n");
  CHECK(t.images.asked.front() == "0:latest linux/amd64");
}

// F05 ⚠18
TEST_CASE("a typo of a stage's name is refused before any network") {
  PlanTest t;
  CHECK(t.refused("FROM base AS builder\nFROM base\nCOPY --from=buidler /a /b\n") ==
        "no stage is called \"buidler\" (did you mean builder?) @3");
  CHECK(t.refused("FROM base AS builder\nFROM base\nRUN --mount=from=bilder,target=/x y\n")
            .find("no stage") == 0);
  CHECK(t.refused("FROM base AS deps\nFROM base\nCOPY --from=dpes /a /b\n").find("no stage") == 0);
  CHECK(t.images.asked.empty());
  t.images.add("app");
  t.plan("FROM base AS ape2\nFROM base\nCOPY --from=app /a /b\n");
  t.images.add("php");
  t.images.add("buidler");
  t.plan("FROM base AS app\nFROM base\nCOPY --from=php /a /b\n");
  t.plan("FROM base AS builder\nFROM base\nCOPY --from=buidler:latest /a /b\n");
}

// E05 E06 ⚠17
TEST_CASE("stages below and circles are errors at the line that asks for them") {
  PlanTest t;
  CHECK(t.refused("FROM base AS a\nCOPY --from=b /x /\nFROM base AS b\nFROM a\n") ==
        "cannot copy from stage \"b\", it needs to be defined before current stage \"a\" @2");
  CHECK(t.hint == "move the stage at line 3 above the one at line 1");
  CHECK(t.refused("FROM base AS a\nRUN --mount=from=b,target=/x y\nFROM base AS b\nFROM a\n") ==
        "cannot mount from stage \"b\" to \"/x\", stage needs to be defined before current command "
        "@2");
  CHECK(t.refused("FROM base AS a\nCOPY --from=b /x /\nFROM base AS b\nCOPY --from=a /x /\n") ==
        "circular dependency detected on stage: a @2");
  CHECK(t.hint == "a takes files from b (Dockerfile:2), b takes files from a (Dockerfile:4)");
  CHECK(t.refused("FROM base\nCOPY --from=0 /x /\n") ==
        "circular dependency detected on stage: stage-0 @2");
  CHECK(t.images.asked.empty());
}

// E04
TEST_CASE("a target that is not there names those that are") {
  PlanTest t;
  t.options.target = "biuld";
  CHECK(t.refused("FROM base AS build\nFROM base\n") ==
        "target stage \"biuld\" could not be found (did you mean build?) @0");
  CHECK(t.hint == "the named stages are: build");
}

// E08
TEST_CASE("FROM expands global arguments, and says which one is missing") {
  PlanTest t;
  t.images.add("base:2");
  t.plan("ARG V=2\nFROM base:$V\n");
  t.options.build_args = {{"V", "3"}};
  CHECK(t.refused("ARG V=2\nFROM base:$V\n") == "no such image: base:3 @2");
  t.options.build_args.clear();
  CHECK(t.refused("FROM base\nARG B=base\nFROM $B\n") == "base name ($B) should not be blank @3");
  CHECK(t.hint.find("B is not set") == 0);
  CHECK(t.refused("FROM --platform=$P base\n") == "empty platform value from expression $P @1");
  CHECK(t.refused("FROM --platform=a/b/c/d/e base\n").find("failed to parse platform a/b/c/d/e") ==
        0);
}

// F09
TEST_CASE("platforms: the flag decides for the base, the option for the result") {
  PlanTest t;
  t.options.platform = oci::Platform{.os = "linux", .architecture = "arm64"};
  Plan plan = t.plan("FROM --platform=$BUILDPLATFORM base\nARG TARGETARCH\nRUN $TARGETARCH\n");
  CHECK(t.images.asked == Lines{"base:latest linux/amd64"});
  CHECK(plan.config.platform.architecture == "arm64");
  CHECK(history(plan).back() == "+ RUN |1 TARGETARCH=arm64 /bin/sh -c $TARGETARCH # buildkit");
}

// F07
TEST_CASE("a named context replaces a stage, then an image, whatever way its name is spelled") {
  PlanTest t;
  t.images.add("other:1").env = {"PATH=/o"};
  t.options.contexts[context_key("docker.io/library/golang:latest")] =
      parse_named_context("docker-image://other:1");
  Plan plan = t.plan("FROM golang\nRUN a\n");
  CHECK(t.images.asked == Lines{"other:1 linux/amd64"});
  CHECK(names(plan) == Lines{"[context golang] docker.io/library/other:1", "[2/2] RUN a"});
  t.options.contexts[context_key("build")] = parse_named_context("docker-image://other:1");
  plan = t.plan("FROM nowhere AS build\nRUN never\nFROM build\nRUN b\n");
  CHECK(last<RunOp>(plan).env == Lines{"PATH=/o"});
  CHECK(plan.vertices.size() == 2);
}

// F07
TEST_CASE("a directory as a named context is read in place, and copied when it is built on") {
  PlanTest t;
  t.options.contexts["src"] = parse_named_context("../src");
  Plan plan = t.plan("FROM base\nCOPY --from=src a /\nRUN --mount=from=src,target=/s b\n");
  CHECK(last<LocalOp>(plan).name == "src");
  CHECK(plan.vertices.size() == 4);
  plan = t.plan("FROM src\nRUN c\n");
  CHECK(last<CopyOp>(plan).sources[0].path == "/");
  CHECK(history(plan).size() == 2);
  CHECK(std::holds_alternative<ScratchContext>(parse_named_context("docker-image://scratch")));
}

TEST_CASE("triggers of a base fire first, once, and name their stages in the file they fire in") {
  PlanTest t;
  t.images.add("onbuild").on_build = {"ARG X=1", "COPY --from=tools /t /t", "RUN <<EOF\nls\nEOF"};
  Plan plan = t.plan("FROM base AS tools\nFROM onbuild AS app\nRUN a\nFROM app\nRUN b\n");
  CHECK(history(plan) ==
        Lines{"  ARG X=1", "+ COPY /t /t # buildkit", "+ RUN |1 X=1 /bin/sh -c ls\n # buildkit",
              "+ RUN |1 X=1 /bin/sh -c a # buildkit", "+ RUN |1 X=1 /bin/sh -c b # buildkit"});
  CHECK(names(plan).at(2) == "[app 2/5] ONBUILD COPY --from=tools /t /t");
  CHECK(names(plan).at(4) == "[app 4/5] RUN a");
  CHECK(plan.config.on_build.empty());
  CHECK(plan.vertices.at(VertexId{2}).span.first_line == 2);
}

TEST_CASE("triggers of a stage fire in its children and not in theirs") {
  PlanTest t;
  Plan plan = t.plan("FROM base AS a\nONBUILD ENV V=1\nFROM a AS b\nFROM b\nONBUILD RUN x\n");
  CHECK(history(plan) == Lines{"  ENV V=1"});
  CHECK(plan.config.on_build == Lines{"RUN x"});
  t.images.add("bad").on_build = {"RNU x"};
  CHECK(t.refused("FROM bad\n") == "unknown instruction: RNU (did you mean RUN?) @1");
}

TEST_CASE("no-cache marks the steps of all stages, or of those named") {
  PlanTest t;
  t.options.no_cache_filter = {"A"};
  Plan plan = t.plan("FROM base AS a\nRUN 1\nFROM a\nRUN 2\n");
  CHECK(plan.vertices[VertexId{1}].no_cache);
  CHECK(!plan.vertices[VertexId{2}].no_cache);
  t.options.no_cache = true;
  CHECK(t.plan("FROM base\nRUN 2\n").vertices[VertexId{1}].no_cache);
}

// R08 ⚠13
TEST_CASE("a build argument that no ARG declares is reported, with what was probably meant") {
  PlanTest t;
  t.options.build_args = {{"VERSOIN", "1"}, {"USED", "1"}, {"http_proxy", "p"}, {"TARGETOS", "x"}};
  Plan plan = t.plan("ARG VERSION\nFROM base\nARG USED\n");
  CHECK(plan.warnings == Lines{"build argument VERSOIN is not declared by any ARG (did you mean "
                               "VERSION?), ignoring it"});
}

TEST_CASE("a thousand stages in a chain or a circle neither nest on the stack nor take long") {
  PlanTest t;
  std::string chain = "FROM base AS s0\nRUN 0\n";
  std::string circle;
  for (int i = 1; i <= 1000; ++i) {
    chain += "FROM s" + std::to_string(i - 1) + " AS s" + std::to_string(i) + "\n";
    circle += "FROM base AS c" + std::to_string(i) + "\nCOPY --from=c" +
              std::to_string(i % 1000 + 1) + " / /\n";
  }
  CHECK(t.plan(chain).vertices.size() == 2);
  CHECK(t.refused(circle) == "circular dependency detected on stage: c1 @2");
}
