// SPDX-License-Identifier: Apache-2.0
//
// One Dockerfile for several platforms: what its arguments are and how its steps are called.
#include <doctest/doctest.h>

#include "tests/unit/plan/plan_fixture.h"

using namespace cairn;
using namespace cairn::plan;

namespace {

Plan plan_for(const char* platform, const std::string& text, bool several = true) {
  PlanTest t;
  t.options.platform = oci::Platform::parse(platform);
  t.options.several_platforms = several;
  return t.plan(text);
}

std::string last_name(const char* platform, const std::string& text) {
  return plan_for(platform, text).vertices.back().name;
}

const std::string kCross =
    "FROM --platform=$BUILDPLATFORM base AS build\nARG TARGETARCH\nRUN make\n"
    "FROM scratch\nCOPY --from=build /app /app\n";

}  // namespace

// R06
TEST_CASE("the platform's arguments are those of the platform that is planned") {
  const std::string text =
      "FROM scratch\nARG TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT BUILDPLATFORM\n"
      "COPY a /$TARGETPLATFORM-$TARGETOS-$TARGETARCH-$TARGETVARIANT-$BUILDPLATFORM\n";
  CHECK(last<CopyOp>(plan_for("linux/arm/v7", text)).dest ==
        "/linux/arm/v7-linux-arm-v7-linux/amd64");
  CHECK(last<CopyOp>(plan_for("linux/amd64", text)).dest ==
        "/linux/amd64-linux-amd64--linux/amd64");
}

TEST_CASE("steps of several platforms say which they are for") {
  const std::string text = "FROM base AS other\nFROM scratch AS build\nCOPY a b\n";
  CHECK(last_name("linux/arm64", text) == "[linux/arm64 build 1/1] COPY a b");
  CHECK(last_name("linux/arm/v6", text) == "[linux/arm/v6 build 1/1] COPY a b");
  CHECK(last_name("linux/arm64", "FROM scratch\nCOPY a b\n") == "[linux/arm64 1/1] COPY a b");
  CHECK(plan_for("linux/arm64", text, false).vertices.back().name == "[build 1/1] COPY a b");
}

TEST_CASE("a stage that makes files for another platform says both") {
  std::vector<std::string> steps = names(plan_for("linux/arm64", kCross));
  CHECK(std::find(steps.begin(), steps.end(), "[linux/amd64->arm64 build 2/2] RUN make") !=
        steps.end());
  CHECK(std::find(steps.begin(), steps.end(),
                  "[linux/arm64 stage-1 1/1] COPY --from=build /app /app") != steps.end());
  const std::string full = "FROM --platform=linux/amd64 base\nARG TARGETPLATFORM\nRUN make\n";
  CHECK(last_name("linux/arm/v7", full) == "[linux/amd64->arm/v7 2/2] RUN make");
  CHECK(last_name("windows/amd64", full) == "[linux/amd64->windows/amd64 2/2] RUN make");
  CHECK(last_name("linux/amd64", full) == "[linux/amd64 2/2] RUN make");
}

TEST_CASE("a stage is for the platform of the stage it is built on") {
  CHECK(
      last_name("linux/arm64", "FROM --platform=linux/amd64 base AS a\nFROM a AS b\nRUN make\n") ==
      "[linux/amd64 b 1/1] RUN make");
}

// F09
TEST_CASE("a command runs on the platform its base has, whatever the image is for") {
  PlanTest t;
  t.images.add("armed").platform = oci::Platform::parse("linux/arm64");
  t.options.platform = oci::Platform::parse("linux/arm64");
  CHECK(last<RunOp>(t.plan("FROM armed\nRUN make\n")).platform.str() == "linux/arm64");
  CHECK(last<RunOp>(t.plan("FROM --platform=linux/amd64 base AS b\nRUN make\nFROM b\n"))
            .platform.str() == "linux/amd64");
}

TEST_CASE("a command in an empty root is of the stage's platform, not of the image's") {
  CHECK(last<RunOp>(plan_for("linux/arm64", "FROM scratch\nRUN a\n")).platform.str() ==
        "linux/arm64");
  CHECK(last<RunOp>(
            plan_for("linux/arm64", "FROM --platform=$BUILDPLATFORM scratch AS a\nRUN a\nFROM a\n"))
            .platform.str() == "linux/amd64");
}

TEST_CASE("work on the build platform is the same for every target") {
  const std::string text =
      "FROM --platform=$BUILDPLATFORM base AS fetch\nRUN fetch\nFROM fetch\nCOPY a b\n";
  Plan arm = plan_for("linux/arm64", text), amd = plan_for("linux/amd64", text);
  CHECK(last<RunOp>(arm).platform == last<RunOp>(amd).platform);
  CHECK(last<RunOp>(arm).env == last<RunOp>(amd).env);
  CHECK(arm.config.platform.str() == "linux/arm64");
  CHECK(amd.config.platform.str() == "linux/amd64");
}
