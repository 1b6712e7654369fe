// SPDX-License-Identifier: Apache-2.0
//
// Who expands variables and who leaves them alone (trap 09).
#include <doctest/doctest.h>

#include "tests/unit/plan/plan_fixture.h"

using namespace cairn;
using namespace cairn::plan;

// V01 ⚠09
TEST_CASE("instructions of the builder expand their words") {
  struct Case {
    const char* line;
    const char* said;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"USER $V:${V}g", "  USER v:vg"},
           {"WORKDIR /$V/\"a b\"", "+ WORKDIR /v/a b"},
           {"VOLUME /$V ${V}", "  VOLUME [/v v]"},
           {"VOLUME [\"/$V\"]", "  VOLUME [/v]"},
           {"STOPSIGNAL SIG$S", "  STOPSIGNAL SIGINT"},
           {"EXPOSE $P/$U", "  EXPOSE [80/udp]"},
           {"LABEL $V=$V '$V'=\"$V\"", "  LABEL v=v $V=v"},
           {"ENV $V=$V", "  ENV v=v"},
           {"ENV V $V  w", "  ENV V=v  w"},
           {"ARG Z=$V", "  ARG Z=v"},
           {"COPY $V/* $V/", "+ COPY v/* v/ # buildkit"},
           {"COPY --chmod=${M} --chown=$V a b", "+ COPY --chown=v --chmod=644 a b # buildkit"},
           {"ADD [\"$V a\", \"/b\"]", "+ ADD v a /b # buildkit"}}) {
    PlanTest t;
    Plan plan = t.plan("FROM base\nENV V=v S=INT P=80 U=udp M=644\n" + std::string(c.line) + "\n");
    CHECK_MESSAGE(history(plan).back() == c.said, c.line);
  }
}

// V02 ⚠09
TEST_CASE("text for a shell, lists of words and authors are kept as they are") {
  struct Case {
    const char* line;
    const char* said;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"RUN echo $V \"$V\" \\$V", "+ RUN /bin/sh -c echo $V \"$V\" \\$V # buildkit"},
           {"RUN [\"echo\", \"$V\"]", "+ RUN echo $V # buildkit"},
           {"CMD echo $V", "  CMD [\"/bin/sh\" \"-c\" \"echo $V\"]"},
           {"ENTRYPOINT [\"$V\"]", "  ENTRYPOINT [\"$V\"]"},
           {"SHELL [\"$V\", \"-c\"]", "  SHELL [$V -c]"},
           {"MAINTAINER $V", "  MAINTAINER $V"},
           {"HEALTHCHECK CMD $V",
            "  HEALTHCHECK {Test:[CMD-SHELL $V] Interval:0s Timeout:0s StartPeriod:0s "
            "StartInterval:0s Retries:0}"}}) {
    PlanTest t;
    Plan plan = t.plan("FROM base\nENV V=v\n" + std::string(c.line) + "\n");
    CHECK_MESSAGE(history(plan).back() == c.said, c.line);
  }
}

TEST_CASE("a trigger is kept as text, and expanded where it fires") {
  PlanTest t;
  Plan plan = t.plan("FROM base AS a\nENV V=1\nONBUILD LABEL v=$V w=$W\nENV V=2 W=3\nFROM a\n");
  CHECK(plan.config.labels.at("v") == "2");
  CHECK(plan.config.labels.at("w") == "3");
  CHECK(t.plan("FROM base\nENV V=1\nONBUILD USER $V\n").config.on_build == Lines{"USER $V"});
}

// V08
TEST_CASE("only EXPOSE makes several words of one value") {
  PlanTest t;
  std::string env = "FROM base\nENV TWO=\"1 2\"\n";
  CHECK(last<CopyOp>(t.plan(env + "COPY $TWO /d/\n")).sources[0].path == "1 2");
  CHECK(t.plan(env + "VOLUME $TWO\n").config.volumes.contains("1 2"));
  CHECK(t.plan(env + "EXPOSE $TWO\n").config.exposed_ports.size() == 2);
  CHECK(t.plan(env + "EXPOSE $NONE\n").config.exposed_ports.empty());
}

TEST_CASE("sources of mounts are expanded with the values at their line") {
  PlanTest t;
  Plan plan = t.plan(
      "FROM base\nARG D=one\nENV D=two\n"
      "RUN --mount=type=cache,id=$D-${D:+x},target=/c/$D,mode=0${NONE:-700} a\nENV D=three\n");
  const RunMount& mount = last<RunOp>(plan).mounts.at(0);
  const auto& cache = std::get<CacheMount>(mount.what);
  CHECK(cache.id == "two-x");
  CHECK(mount.target == "/c/two");
  CHECK(cache.mode == 0700u);
}

// V02
TEST_CASE("a variable that --from or a mount takes is refused with the way out") {
  PlanTest t;
  for (const char* from : {"$A", "${A}", "a$A"}) {
    std::string message =
        t.refused("ARG A=base\nFROM base\nRUN a\nCOPY --from='" + std::string(from) + "' a b\n");
    CHECK_MESSAGE(message ==
                      "variable expansion is not supported for --from, define a new stage with "
                      "FROM using ARG from global scope as a workaround @4",
                  from);
  }
  CHECK(t.images.asked.empty());
}

// H03 P03 ⚠06
TEST_CASE("heredocs of COPY expand with a backslash whatever the escape directive says") {
  PlanTest t;
  Plan plan = t.plan(
      "# escape=`\nFROM base\nCOPY <<E <<'F' /d/\n'$B' \"${B}\" \\$B `$B ${NONE:-none}\nE\n"
      "$B \\$B\nF\n");
  const CopyOp& copy = last<CopyOp>(plan);
  CHECK(copy.inline_files.at(0).content == "'base' \"base\" $B `base none\n");
  CHECK(copy.inline_files.at(1).content == "$B \\$B\n");
  CHECK(t.refused("FROM base\nRUN a\nCOPY <<E /d\n\n${B\nE\n").ends_with(" @3"));
}

TEST_CASE("an error of an expansion is at the line of its instruction") {
  PlanTest t;
  for (const char* line :
       {"USER ${X:?m}", "WORKDIR ${X:?m}", "VOLUME ${X:?m}", "EXPOSE ${X:?m}", "LABEL a=${X:?m}",
        "ENV a=${X:?m}", "ADD ${X:?m} /a", "COPY a ${X:?m}", "COPY --chown=${X:?m} a b",
        "ARG a=${X:?m}", "STOPSIGNAL ${X:?m}", "RUN --mount=target=${X:?m} a"}) {
    CHECK_MESSAGE(t.refused("FROM base\nRUN a\n\n" + std::string(line) + "\n") ==
                      "failed to process \"${X:?m}\": X: m @4",
                  line);
  }
}

// V06
TEST_CASE("quotes fall away when a word is expanded, and hold nothing together before") {
  PlanTest t;
  CHECK(t.plan("FROM base\nWORKDIR \"/a b\"\n").config.working_dir == "/a b");
  CHECK(t.plan("FROM base\nUSER 'ann'\n").config.user == "ann");
  CHECK(t.refused("FROM base\nCOPY \"a b\" /x\n")
            .find("unexpected end of statement while looking for matching double-quote") !=
        std::string::npos);
}

TEST_CASE("what all expansions come to is bounded, with the copies that a plan keeps of them") {
  PlanTest t;
  std::string big;
  for (int i = 0; i < 250; ++i) big += "$A";
  std::string head = "FROM base AS s0\nENV A=" + std::string(4000, 'a') + "\nENV B=" + big + "\n";
  for (const char* line :
       {"LABEL l=$B", "RUN true", "COPY <<E /f\n$B\nE", "FROM s0 AS s0x", "EXPOSE 1"}) {
    std::string text = head;
    for (int i = 0; i < 9; ++i) {
      std::string one = line;
      if (one == "FROM s0 AS s0x") one = fmt::format("FROM s{} AS s{}", i, i + 1);
      if (one == "RUN true") one += fmt::format(" {}", i);
      text += one + "\n";
    }
    CAPTURE(line);
    bool is_small = std::string_view(line) == "EXPOSE 1";
    std::string refusal = is_small ? "" : t.refused(text);
    if (is_small) t.plan(text);
    CHECK((refusal.find("bytes in all @") != std::string::npos) == !is_small);
  }
}
