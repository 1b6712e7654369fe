// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "tests/unit/plan/plan_fixture.h"

using namespace cairn;
using namespace cairn::plan;

TEST_CASE("pairs of one ENV see the values before it, items of one ARG see each other") {
  PlanTest t;
  Plan plan = t.plan("FROM base\nENV a=1\nENV a=2 b=$a\nARG c=3 d=$c\nRUN x\n");
  CHECK(last<RunOp>(plan).env == Lines{"PATH=/bin", "B=base", "a=2", "b=1", "c=3", "d=3"});
  CHECK(plan.config.env == Lines{"PATH=/bin", "B=base", "a=2", "b=1"});
  CHECK(history(plan) == Lines{"  ENV a=1", "  ENV a=2 b=1", "  ARG c=3 d=3",
                               "+ RUN |2 c=3 d=3 /bin/sh -c x # buildkit"});
}

TEST_CASE("of ARG and ENV of one name the later line wins in the build, the ENV in the config") {
  PlanTest t;
  Plan plan = t.plan("FROM base\nARG B=arg\nRUN echo $B\n");
  CHECK(last<RunOp>(plan).env == Lines{"PATH=/bin", "B=arg"});
  CHECK(plan.config.env == Lines{"PATH=/bin", "B=base"});
  plan = t.plan("FROM base\nARG X=arg\nENV X=env\nRUN a\n");
  CHECK(history(plan).back() == "+ RUN |1 X=env /bin/sh -c a # buildkit");
}

TEST_CASE("an ARG without a value is unset, and global ones must be declared again") {
  PlanTest t;
  Plan plan = t.plan("ARG G=g\nARG H=h\nFROM base\nARG X\nARG E=\nARG G\nARG H=mine\nRUN $H\n");
  CHECK(last<RunOp>(plan).env == Lines{"PATH=/bin", "B=base", "E=", "G=g", "H=mine"});
  CHECK(history(plan).back() == "+ RUN |4 X= E= G=g H=mine /bin/sh -c $H # buildkit");
  t.options.build_args = {{"H", "$given"}};
  plan = t.plan("ARG H=h\nFROM base\nARG H=${Z:?unused}\nRUN x\n");
  CHECK(last<RunOp>(plan).env.back() == "H=$given");
}

TEST_CASE("a stage inherits variables and arguments of the stage it is built from") {
  PlanTest t;
  Plan plan = t.plan("FROM base AS a\nARG X=1\nENV Y=2\nFROM a\nRUN $X\n");
  CHECK(history(plan).back() == "+ RUN |1 X=1 /bin/sh -c $X # buildkit");
  CHECK(last<RunOp>(plan).env == Lines{"X=1", "PATH=/bin", "B=base", "Y=2"});
}

TEST_CASE("proxies given as build arguments reach commands and no key, until they are declared") {
  PlanTest t;
  t.options.build_args = {{"http_proxy", "p"}};
  Plan plan = t.plan("FROM base\nRUN $http_proxy\n");
  CHECK(last<RunOp>(plan).proxy_env == Lines{"HTTP_PROXY=p", "http_proxy=p"});
  CHECK(last<RunOp>(plan).env == Lines{"PATH=/bin", "B=base"});
  plan = t.plan("FROM base\nARG http_proxy\nRUN x\n");
  CHECK(history(plan).back() == "+ RUN |1 http_proxy=p /bin/sh -c x # buildkit");
}

TEST_CASE("RUN keeps its text for the shell, and SHELL changes which") {
  PlanTest t;
  Plan plan = t.plan(
      "FROM base\nUSER u\nWORKDIR /w\nSHELL [\"/bin/bash\", \"-ec\"]\n"
      "RUN --network=none echo \"$B\"  '$X' \\$B\n");
  const RunOp& run = last<RunOp>(plan);
  CHECK(run.argv == Lines{"/bin/bash", "-ec", "echo \"$B\"  '$X' \\$B"});
  CHECK(run.cwd == "/w");
  CHECK(run.user == "u");
  CHECK(run.network == NetworkMode::kNone);
  CHECK(plan.vertices.back().name == "[3/3] RUN --network=none echo \"base\"  '$X' $B");
  CHECK(history(plan).at(2) == "  SHELL [/bin/bash -ec]");
  CHECK(last<RunOp>(t.plan("FROM base\nRUN [\"a\", \"b c\"]\n")).argv == Lines{"a", "b c"});
}

TEST_CASE(
    "a heredoc alone is the script; with a shebang it is a file; else the shell gets it all") {
  PlanTest t;
  Plan plan = t.plan("FROM base\nRUN <<-EOF\n\tapt update\n\tapt install\n\tEOF\n");
  CHECK(last<RunOp>(plan).argv == Lines{"/bin/sh", "-c", "apt update\napt install\n"});
  CHECK(plan.vertices.back().name == "[2/2] RUN <<-EOF (apt update...)");
  plan = t.plan("FROM base\nRUN <<EOF\n#!/bin/x\ny\nEOF\n");
  CHECK(last<RunOp>(plan).argv == Lines{"/bin/sh", "-c", "/dev/pipes/EOF"});
  CHECK(last<RunOp>(plan).script->name == "/dev/pipes/EOF");
  CHECK(last<RunOp>(plan).script->content == "#!/bin/x\ny\n");
  plan = t.plan("FROM base\nRUN <<A cat - <<B\na\nA\nb\nB\n");
  CHECK(last<RunOp>(plan).argv.back() == "<<A cat - <<B\na\nA\nb\nB");
  CHECK(t.refused("FROM base\nRUN <<../x\n#!/bin/sh\n../x\n") ==
        "the word \"../x\" of a heredoc cannot name a file @2");
}

TEST_CASE("mounts bind trees and name caches") {
  PlanTest t;
  Plan plan = t.plan(
      "FROM base AS a\nFROM base\nARG D=/d\nWORKDIR /w\n"
      "RUN --mount=source=../x,target=rel --mount=from=a,src=/s,dst=$D,rw "
      "--mount=type=cache,target=/c/,sharing=locked,uid=5 --mount=type=cache,id=i,target=/e,from=a "
      "make\n");
  const RunOp& run = last<RunOp>(plan);
  REQUIRE(run.mounts.size() == 4);
  const auto& locked = std::get<CacheMount>(run.mounts[0].what);
  CHECK(locked.id == "/c");
  CHECK(locked.sharing == CacheSharing::kLocked);
  CHECK(locked.uid == 5u);
  CHECK(!locked.from);
  CHECK(run.mounts[1].target == "/d");
  CHECK(!run.mounts[1].read_only);
  CHECK(std::get<CacheMount>(run.mounts[2].what).id == "i");
  CHECK(tree_of(run.mounts[2]) == tree_of(run.mounts[1]));
  const auto& context = std::get<BindMount>(run.mounts[3].what);
  CHECK(context.source == "/x");
  CHECK(run.mounts[3].target == "/w/rel");
  CHECK(run.mounts[3].read_only);
  CHECK(std::holds_alternative<LocalOp>(plan.vertices[context.from].op));
  CHECK(t.refused("FROM base\nRUN --mount=target=/ x\n") == "invalid mount target \"/\" @2");
  CHECK(t.refused("FROM base\nRUN a \\\n --b\nRUN --mount=type=cashe,target=/x y\n") ==
        "unsupported mount type \"cashe\" (did you mean cache?) @4");
}

TEST_CASE("COPY expands its words, resolves its destination and writes its heredocs") {
  PlanTest t;
  Plan plan = t.plan(
      "FROM base\nENV S=src\nWORKDIR /w\nCOPY --chown=$S:1 --chmod=755 $S/*.go \"q\" ./d/\n");
  const CopyOp& copy = last<CopyOp>(plan);
  CHECK(paths(copy) == Lines{"src/*.go", "q"});
  CHECK(copy.dest == "/w/d/");
  CHECK(copy.chown == "src:1");
  CHECK(copy.chmod == ModeChange::parse("755"));
  CHECK(!copy.sources[0].unpack);
  CHECK(history(plan).back() == "+ COPY --chown=src:1 --chmod=755 src/*.go q ./d/ # buildkit");
  plan = t.plan("FROM base\nCOPY <<a <<'b' /d/\n\"$B\" \\$B\na\n$B\nb\n");
  CHECK(last<CopyOp>(plan).inline_files.at(0).content == "\"base\" $B\n");
  CHECK(last<CopyOp>(plan).inline_files.at(1).content == "$B\n");
  CHECK(plan.vertices.size() == 2);
  CHECK(history(plan).back() == "+ COPY <<a <<b /d/ # buildkit");
  CHECK(last<CopyOp>(t.plan("FROM base\nADD a b\n")).sources[0].unpack);
}

TEST_CASE("destinations are absolute, clean, and remember that they are directories") {
  struct Case {
    const char* written;
    const char* expected;
  };
  PlanTest t;
  for (const Case& c : std::initializer_list<Case>{{".", "/w/"},
                                                   {"./", "/w/"},
                                                   {"x", "/w/x"},
                                                   {"/x/.", "/x/"},
                                                   {"../y", "/y"},
                                                   {"../../..", "/"},
                                                   {"/", "/"}}) {
    CHECK(last<CopyOp>(t.plan(std::string("FROM base\nWORKDIR /w\nCOPY a ") + c.written + "\n"))
              .dest == c.expected);
  }
}

TEST_CASE("a wrong mode, a remote source of COPY and a variable in --from are refused") {
  PlanTest t;
  CHECK(t.refused("FROM base\nCOPY --chmod=999 a b\n") ==
        "invalid chmod parameter: '999'. it should be octal string and between 0 and 07777 @2");
  CHECK(t.refused("FROM base\nCOPY https://x/y b\n") == "source can't be a URL for COPY @2");
  CHECK(t.refused("FROM base\nCOPY git@x.com:y/z b\n") == "source can't be a git ref for COPY @2");
  CHECK(t.refused("FROM base\nCOPY --from=$X a b\n")
            .find("variable expansion is not supported for --from") == 0);
  CHECK(t.refused("FROM base\nCOPY ${X:?no} b\n") == "failed to process \"${X:?no}\": X: no @2");
}

TEST_CASE("WORKDIR keeps absolute paths as written and joins relative ones") {
  PlanTest t;
  Plan plan = t.plan("FROM base\nUSER u\nWORKDIR /root/\nWORKDIR a\nWORKDIR ../b\nWORKDIR /\n");
  CHECK(history(plan) == Lines{"  USER u", "+ WORKDIR /root/", "+ WORKDIR /root/a",
                               "+ WORKDIR /root/b", "  WORKDIR /"});
  CHECK(last<WorkdirOp>(plan).path == "/root/b");
  CHECK(last<WorkdirOp>(plan).user == "u");
}

// W05
TEST_CASE("ENTRYPOINT takes away the CMD of the base, and not the stage's own") {
  PlanTest t;
  t.images.add("cmd").cmd = {"x"};
  CHECK(!t.plan("FROM cmd\nENTRYPOINT [\"e\"]\n").config.cmd);
  CHECK(!t.plan("FROM base AS a\nCMD [\"x\"]\nFROM a\nENTRYPOINT e\n").config.cmd);
  Plan plan = t.plan("FROM cmd\nCMD a b\nENTRYPOINT [\"e\"]\n");
  CHECK(plan.config.cmd == Lines{"/bin/sh", "-c", "a b"});
  CHECK(plan.config.args_escaped);
  CHECK(history(plan) == Lines{"  CMD [\"/bin/sh\" \"-c\" \"a b\"]", "  ENTRYPOINT [\"e\"]"});
  CHECK(!t.plan("FROM cmd\nCMD []\n").config.cmd);
}

TEST_CASE("EXPOSE splits variables, spreads ranges and knows three protocols") {
  PlanTest t;
  Plan plan =
      t.plan("FROM base\nENV P=\"90 91/UDP\"\nEXPOSE 8080-8082/tcp $P 127.0.0.1:1:53/udp\n");
  CHECK(history(plan).back() == "  EXPOSE [90/tcp 91/udp 53/udp 8080/tcp 8081/tcp 8082/tcp]");
  CHECK(plan.config.exposed_ports.size() == 6);
  CHECK(t.refused("FROM base\nEXPOSE 80/icmp\n") ==
        "invalid port: \"80/icmp\": invalid proto: icmp @2");
  CHECK(t.refused("FROM base\nEXPOSE 70000\n") == "invalid containerPort: 70000 @2");
  CHECK(t.refused("FROM base\nEXPOSE x:1:2\n") == "invalid IP address: x @2");
}

TEST_CASE("metadata goes to the config with the history BuildKit writes") {
  PlanTest t;
  t.options.labels = {{"l", "flag"}};
  Plan plan = t.plan(
      "FROM base\nLABEL l=a m=\"b c\"\nVOLUME /a /b\nSTOPSIGNAL SIGTERM\nMAINTAINER me\n"
      "HEALTHCHECK --interval=90s CMD x\n");
  CHECK(history(plan) == Lines{"  LABEL l=a m=b c", "  VOLUME [/a /b]", "  STOPSIGNAL SIGTERM",
                               "  MAINTAINER me",
                               "  HEALTHCHECK {Test:[CMD-SHELL x] Interval:1m30s Timeout:0s "
                               "StartPeriod:0s StartInterval:0s "
                               "Retries:0}"});
  CHECK(plan.config.labels.at("l") == "flag");
  CHECK(plan.config.author == "me");
  CHECK(plan.config.healthcheck->interval == 90'000'000'000);
  CHECK(t.refused("FROM base\nSTOPSIGNAL SIGNOPE\n") == "invalid signal: SIGNOPE @2");
}

TEST_CASE("what the base says is inherited, its triggers and times are not") {
  PlanTest t;
  oci::ImageConfig& base = t.images.add("rich");
  base.user = "u";
  base.working_dir = "/w";
  base.labels = {{"k", "v"}};
  base.created = Timestamp{.seconds = 1};
  base.on_build = {"ENV T=1"};
  base.env = {"A=1", "A=2"};
  Plan plan = t.plan("FROM rich\nENV A=3\nRUN x\n");
  CHECK(plan.config.user == "u");
  CHECK(!plan.config.created);
  CHECK(plan.config.on_build.empty());
  CHECK(last<RunOp>(plan).cwd == "/w");
  CHECK(plan.config.env ==
        Lines{"A=3", "A=2", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
              "T=1"});
}
