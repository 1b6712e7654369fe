// SPDX-License-Identifier: Apache-2.0
//
// Flags before the arguments: their quotes, their values, where they end, and what is wrong with
// those that are wrong.
#include "tests/unit/dockerfile/dockerfile_fixture.h"

using namespace cairn;
using namespace cairn::dockerfile;

// P11
TEST_CASE("quotes and escapes work inside a flag") {
  struct Case {
    const char* flag;
    const char* value;
  };
  for (const Case& c : std::initializer_list<Case>{{"--chown=a:b", "a:b"},
                                                   {"--chown=\"a b\"", "a b"},
                                                   {"\t--chown='a \"b'", "a \"b"},
                                                   {"--chown=a\\ b", "a b"},
                                                   {"--chown=a\"b c\"'d'", "ab cd"},
                                                   {"--chown=a=b", "a=b"},
                                                   {"--chown=$A", "$A"},
                                                   {"--chown=", ""}}) {
    Copy copy = instruction<Copy>("COPY " + std::string(c.flag) + " x /y");
    CHECK_MESSAGE(copy.files.chown == c.value, c.flag);
    CHECK_MESSAGE(copy.files.paths == Lines{"x"}, c.flag);
  }
}

// P11
TEST_CASE("flags end at the first word that is none, and at a bare pair of dashes") {
  CHECK(instruction<Run>("RUN a --mount=type=cache,target=/x").mounts.empty());
  CHECK(instruction<Run>("RUN -- --network=none").command.words == Lines{"--network=none"});
  CHECK(instruction<Run>("RUN --network=none -- a").network == "none");
  CHECK(instruction<Copy>("COPY -a --b /c").files.paths == Lines{"-a", "--b"});
  CHECK(instruction<Run>("RUN --network=none \\\n  --security=insecure \\\n  a").security ==
        "insecure");
}

// P12
TEST_CASE("a truth is yes when it stands alone, and true or false in any letter case") {
  struct Case {
    const char* flag;
    bool value;
  };
  for (const Case& c : std::initializer_list<Case>{{"--link", true},
                                                   {"--link=true", true},
                                                   {"--link=TRUE", true},
                                                   {"--link=False", false}}) {
    CHECK_MESSAGE(instruction<Copy>("COPY " + std::string(c.flag) + " a b").files.link == c.value,
                  c.flag);
  }
  for (std::string value : {"1", "yes", "t", "0"}) {
    CHECK(complaint("COPY --parents=" + value + " a b") ==
          "expecting boolean value for flag --parents, not: " + value);
  }
  CHECK(!instruction<Add>("ADD a b").unpack);
  CHECK(instruction<Add>("ADD --unpack=false a b").unpack == false);
  CHECK(instruction<Add>("ADD --keep-git-dir a b").keep_git_dir == true);
}

// P12
TEST_CASE("a list may be given often, anything else once") {
  CHECK(instruction<Run>("RUN --mount=target=/a --mount=target=/b c").mounts ==
        Lines{"target=/a", "target=/b"});
  CHECK(instruction<Run>("RUN --device=a --device=b c").devices == Lines{"a", "b"});
  for (const char* line :
       {"RUN --network=none --network=none a", "FROM --platform=a --platform=b x",
        "ADD --checksum=a --checksum=b c d", "COPY --chmod=1 --chmod=1 a b",
        "COPY --link --link=false a b", "HEALTHCHECK --timeout=1s --timeout=1s CMD a"}) {
    CHECK_MESSAGE(complaint(line).starts_with("duplicate flag specified: --"), line);
  }
}

// E02
TEST_CASE("a flag on the wrong instruction is told where it belongs") {
  struct Case {
    const char* line;
    const char* hint;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"ADD --from=a b c", "--from is a flag of COPY"},
           {"COPY --mount=a b c", "--mount is a flag of RUN"},
           {"RUN --chown=a b", "--chown is a flag of ADD and COPY"},
           {"ENV --platform=a b=c", "--platform is a flag of FROM"},
           {"CMD --interval=1s a", "--interval is a flag of HEALTHCHECK"},
           {"COPY --keep-git-dir a b", "--keep-git-dir is a flag of ADD"},
           {"ADD --parents a b", "--parents is a flag of COPY (since syntax 1.20)"}}) {
    Refusal wrong = refusal("FROM x\n" + std::string(c.line));
    CHECK_MESSAGE(wrong.message.find("unknown flag: --") != std::string::npos, c.line);
    CHECK_MESSAGE(wrong.hint == c.hint, c.line);
  }
}

// E02
TEST_CASE("a misspelled flag suggests the near one, a far one nothing") {
  struct Case {
    const char* line;
    const char* message;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"RUN --mout=a b", "unknown flag: --mout (did you mean mount?)"},
           {"RUN --netwrok=none b", "unknown flag: --netwrok (did you mean network?)"},
           {"FROM --plattform=a b", "unknown flag: --plattform (did you mean platform?)"},
           {"COPY --form=a b c", "unknown flag: --form (did you mean from?)"},
           {"HEALTHCHECK --start-perid=1s CMD a",
            "unknown flag: --start-perid (did you mean start-period?)"},
           {"RUN --somethingelse=a b", "unknown flag: --somethingelse"},
           {"WORKDIR --x /a", "unknown flag: --x"},
           {"RUN --MOUNT=a b", "unknown flag: --MOUNT (did you mean mount?)"}}) {
    CHECK_MESSAGE(complaint(c.line) == c.message, c.line);
  }
}

TEST_CASE("an error of a flag points at the flag, on its own line of a long instruction") {
  Refusal wrong = refusal("FROM x\nRUN --network=none \\\n    --mounts=type=bind \\\n    make\n");
  CHECK(wrong.message ==
        "dockerfile parse error on line 2: unknown flag: --mounts (did you mean mount?)");
  CHECK(wrong.span.first_line == 3);
  CHECK(wrong.span.first_column == 5);
  CHECK(wrong.span.last_column == 12);
}

TEST_CASE("networks and security modes are closed lists") {
  for (std::string mode : {"none", "host", "default"}) {
    CHECK(instruction<Run>("RUN --network=" + mode + " a").network == mode);
  }
  for (std::string mode : {"", "None", "bridge", "$N"}) {
    CHECK(complaint("RUN --network=" + mode + " a") == "invalid network mode \"" + mode + "\"");
  }
  CHECK(complaint("RUN --security=none a") == "security \"none\" is not valid");
  CHECK(refusal("FROM x\nRUN \\\n --security=none a").span.first_line == 3);
}

TEST_CASE("RUN --mount=from takes no variable, and says so where the line is") {
  Refusal wrong = refusal("FROM x\nRUN a\nRUN --mount=from=$S,target=/x b\n");
  CHECK(wrong.message ==
        "dockerfile parse error on line 3: 'from' doesn't support variable expansion, define "
        "alias stage instead");
  CHECK(wrong.span.first_line == 3);
}
