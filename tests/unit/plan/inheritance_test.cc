// SPDX-License-Identifier: Apache-2.0
//
// What a stage starts with: scratch, an image, a named context, on which platform.
#include <doctest/doctest.h>

#include "tests/unit/plan/plan_fixture.h"

using namespace cairn;
using namespace cairn::plan;

namespace {

oci::Platform arm() {
  return {.os = "linux", .architecture = "arm64"};
}

}  // namespace

// R10
TEST_CASE("every image has a PATH, and the one of its base if that has one") {
  PlanTest t;
  t.images.add("bare").env = {"A=1"};
  const std::string path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  CHECK(t.plan("FROM scratch\n").config.env == Lines{path});
  CHECK(t.plan("FROM bare\n").config.env == Lines{"A=1", path});
  CHECK(t.plan("FROM base\n").config.env == Lines{"PATH=/bin", "B=base"});
  CHECK(t.plan("FROM bare\nENV PATH=/x:$PATH\n").config.env.back() ==
        "PATH=/x:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
}

// F10
TEST_CASE("an ENV of the base is replaced in its place, a new one goes to the end") {
  PlanTest t;
  CHECK(t.plan("FROM base\nENV NEW=1 PATH=/p\n").config.env == Lines{"PATH=/p", "B=base", "NEW=1"});
}

// F10
// W06, F10
TEST_CASE("labels, volumes and ports of the base stay, and the stage adds its own") {
  PlanTest t;
  oci::ImageConfig& base = t.images.add("rich");
  base.labels = {{"a", "1"}, {"b", "2"}};
  base.volumes = {"/v"};
  base.stop_signal = "SIGINT";
  base.author = "them";
  oci::ImageConfig config = t.plan("FROM rich\nLABEL b=3 c=4\nVOLUME /w\n").config;
  CHECK(config.labels.size() == 3);
  CHECK(config.labels.at("b") == "3");
  CHECK(config.volumes.size() == 2);
  CHECK(config.stop_signal == "SIGINT");
  CHECK(config.author == "them");
}

// F11
TEST_CASE("the labels of the command line win over the file, in the image of the target alone") {
  PlanTest t;
  t.options.labels = {{"a", "flag"}, {"b", "flag"}, {"b", "later"}};
  Plan plan = t.plan("FROM base\nLABEL a=file c=file\n");
  CHECK(plan.config.labels.at("a") == "flag");
  CHECK(plan.config.labels.at("b") == "later");
  CHECK(plan.config.labels.at("c") == "file");
  CHECK(history(plan) == Lines{"  LABEL a=file c=file"});
}

// W02
TEST_CASE("a relative WORKDIR starts at that of the base, and USER owns what it makes") {
  PlanTest t;
  t.images.add("home").working_dir = "/home";
  t.images.add("odd").working_dir = "srv";
  CHECK(last<WorkdirOp>(t.plan("FROM home\nWORKDIR a/./b\n")).path == "/home/a/b");
  CHECK(last<RunOp>(t.plan("FROM odd\nRUN a\n")).cwd == "/srv");
  CHECK(last<RunOp>(t.plan("FROM base\nRUN a\n")).cwd == "/");
  CHECK(last<WorkdirOp>(t.plan("FROM home\nWORKDIR ~/x\n")).path == "/home/~/x");
  CHECK(last<WorkdirOp>(t.plan("FROM home\nWORKDIR /a\nUSER u\n")).user.empty());
  CHECK(last<CopyOp>(t.plan("FROM home\nUSER u\nCOPY a b\n")).chown.empty());
}

// F09
TEST_CASE("the target platform decides for every base without a flag of its own") {
  PlanTest t;
  t.options.platform = arm();
  Plan plan =
      t.plan("FROM --platform=$BUILDPLATFORM base AS a\nRUN 1\nFROM base\nCOPY --from=a /x /y\n");
  CHECK(t.images.asked == Lines{"base:latest linux/amd64", "base:latest linux/arm64"});
  CHECK(plan.config.platform.architecture == "arm64");
  CHECK(t.plan("FROM --platform=linux/s390x base\n").config.platform.architecture == "arm64");
}

// F09
TEST_CASE("a platform that cannot be read is an error at FROM, with what was written") {
  PlanTest t;
  CHECK(t.refused("ARG P\n\nFROM --platform=$P base\n") ==
        "empty platform value from expression $P @3");
  CHECK(t.hint.starts_with("P is not set"));
  CHECK(t.refused("ARG P=a/b/c/d/e\nFROM --platform=$P base\n")
            .starts_with("failed to parse platform $P: "));
  CHECK(t.images.asked.empty());
}

// F07
TEST_CASE("a named context for one platform is found before the one for all") {
  PlanTest t;
  t.images.add("all");
  t.images.add("mine");
  t.options.contexts[context_key("golang")] = parse_named_context("docker-image://all");
  t.options.contexts[context_key("golang::linux/arm64")] =
      parse_named_context("docker-image://mine");
  t.plan("FROM golang:latest\n");
  t.options.platform = arm();
  t.plan("FROM docker.io/library/golang\n");
  CHECK(t.images.asked == Lines{"all:latest linux/amd64", "mine:latest linux/arm64"});
}

// F07
TEST_CASE("no context takes the place of scratch") {
  PlanTest t;
  t.images.add("all");
  t.options.contexts["scratch"] = parse_named_context("docker-image://all");
  Plan plan = t.plan("FROM scratch\nCOPY a b\n");
  CHECK(t.images.asked.empty());
  CHECK(std::holds_alternative<ScratchOp>(plan.vertices[plan.base].op));
}

// F07
TEST_CASE("a context takes the place of an image that is copied from") {
  PlanTest t;
  t.images.add("other");
  t.options.contexts[context_key("nginx")] = parse_named_context("docker-image://other");
  t.plan("FROM base\nCOPY --from=nginx:latest /a /b\nRUN --mount=from=nginx,target=/x a\n");
  CHECK(t.images.asked.size() == 2);
}

TEST_CASE("a named context is told by its form") {  // F07
  auto git = [](const char* text) { return std::get<GitContext>(parse_named_context(text)).op; };
  CHECK(git("https://x/y.git#v1").ref == "v1");
  CHECK(git("git@x:y").remote == "git@x:y");
  CHECK(std::get<HttpContext>(parse_named_context("https://x/y")).op.filename == "context");
  CHECK(std::get<StageContext>(parse_named_context("target:build")).name == "build");
  CHECK(std::holds_alternative<ScratchContext>(parse_named_context("docker-image://scratch")));
  CHECK(std::get<LocalContext>(parse_named_context("./a b")).directory == "./a b");
  CHECK(std::get<LocalContext>(parse_named_context("github.com/o/n")).directory ==
        "github.com/o/n");
  auto layout = std::get<LayoutContext>(parse_named_context("oci-layout:///a/b:v1"));
  CHECK(layout.directory == "/a/b");
  CHECK(layout.tag == "v1");
  CHECK(std::get<LayoutContext>(parse_named_context("oci-layout://d")).tag == "latest");
  CHECK_THROWS_WITH_AS(parse_named_context(""), "a build context cannot be empty", Error);
}

TEST_CASE("a repository in the place of an image is a layer on an empty root") {  // F07
  PlanTest t;
  t.options.contexts["repo"] = parse_named_context("https://x/y.git");
  Plan plan = t.plan("FROM repo\nCOPY --from=repo a b\n");
  CHECK(t.images.asked.empty());
  CHECK(std::holds_alternative<ScratchOp>(plan.vertices[plan.base].op));
  CHECK(history(plan) == Lines{"+ [context repo]", "+ COPY a b # buildkit"});
}

TEST_CASE("a stage above can stand in for an image or a stage") {  // F07
  PlanTest t;
  t.options.contexts["app"] = parse_named_context("target:one");
  Plan plan = t.plan("FROM base AS one\nRUN a\nFROM app\nCOPY --from=app /x /y\n");
  CHECK(t.images.asked.size() == 1);
  CHECK(history(plan) == Lines{"+ RUN /bin/sh -c a # buildkit", "+ COPY /x /y # buildkit"});
  CHECK(t.refused("FROM app\n").starts_with("context \"app\": no stage above this line"));
}

// C01 C02 ⚠27
TEST_CASE("copies are cleaned at their destination and left as written at their source") {
  PlanTest t;
  const CopyOp copy =
      last<CopyOp>(t.plan("FROM base\nWORKDIR /w\nCOPY ../a /b/../c d/. /x//y/../z/\n"));
  CHECK(paths(copy) == Lines{"../a", "/b/../c", "d/."});
  CHECK(copy.dest == "/x/z/");
}

TEST_CASE("modes are octal digits up to 07777, or changes") {  // C13
  for (std::string written : {"644", "0755", "7777", "0", "00004755", "u=rwX,go=rX", "+x"}) {
    PlanTest t;
    CHECK_MESSAGE(last<CopyOp>(t.plan("FROM base\nCOPY --chmod=" + written + " a b\n")).chmod ==
                      ModeChange::parse(written),
                  written);
  }
  for (std::string wrong : {"8", "64a", "10000", "-1", "0o644", "rwx"}) {
    PlanTest t;
    std::string message = t.refused("FROM base\nRUN a\nADD --chmod=" + wrong + " a b\n");
    CHECK_MESSAGE(message.ends_with(" @3"), message);
    CHECK_MESSAGE(message.find(wrong) != std::string::npos, message);
  }
}
