// SPDX-License-Identifier: Apache-2.0
//
// The checks that need variables, images or an ignore file: each fires, and nearly so.
// Texts and lines are BuildKit's.
#include <doctest/doctest.h>

#include "tests/unit/plan/plan_fixture.h"

using namespace cairn;
using namespace cairn::plan;

namespace {

struct LintCase {
  std::string text;
  Lines found;
};

void check_all(const std::vector<LintCase>& cases, const BuildOptions& options = {}) {
  for (const LintCase& c : cases) {
    PlanTest t;
    t.options = options;
    t.options.build_platform = kAmd64;
    CAPTURE(c.text);
    CHECK(t.checked(c.text) == c.found);
  }
}

BuildOptions ignoring(std::string patterns) {
  BuildOptions options;
  options.ignored = dockerfile::IgnoreMatcher::parse(
      std::make_shared<const SourceText>(SourceText{".dockerignore", std::move(patterns)}));
  return options;
}

std::string undefined(const char* name, int line) {
  return fmt::format("UndefinedVar: Usage of undefined variable '${}' (line {})", name, line);
}
std::string undeclared(const char* name, int line) {
  return fmt::format("UndefinedArgInFrom: FROM argument '{}' is not declared (line {})", name,
                     line);
}
std::string json(const char* keyword, int line) {
  return fmt::format(
      "JSONArgsRecommended: JSON arguments recommended for {} to prevent unintended behavior "
      "related to OS signals (line {})",
      keyword, line);
}
std::string once(const char* keyword, int line) {
  return fmt::format(
      "MultipleInstructionsDisallowed: Multiple {} instructions should not be used in the same "
      "stage because only the last one will be used (line {})",
      keyword, line);
}
std::string secret(const char* instruction, const char* name, int line) {
  return fmt::format(
      "SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data ({} \"{}\") "
      "(line {})",
      instruction, name, line);
}
std::string legacy(const char* keyword, int line) {
  return fmt::format(
      "LegacyKeyValueFormat: \"{0} key=value\" should be used instead of legacy \"{0} key value\" "
      "format (line {1})",
      keyword, line);
}
std::string relative(const char* path, int line) {
  return fmt::format(
      "WorkdirRelativePath: Relative workdir \"{}\" can have unexpected results if the base image "
      "changes (line {})",
      path, line);
}
std::string ignored(const char* verb, const char* path, int line) {
  return fmt::format(
      "CopyIgnoredFile: Attempting to {} file \"{}\" that is excluded by .dockerignore (line {})",
      verb, path, line);
}
std::string bad_default(const char* base, int line) {
  return fmt::format(
      "InvalidDefaultArgInFrom: Default value for ARG {} results in empty or invalid base image "
      "name (line {})",
      base, line);
}
std::string constant(const char* platform, int line) {
  return fmt::format(
      "FromPlatformFlagConstDisallowed: FROM --platform flag should not use constant value \"{}\" "
      "(line {})",
      platform, line);
}
std::string redundant(const char* word, int line) {
  return fmt::format(
      "RedundantTargetPlatform: Setting platform to predefined {} in FROM is redundant as this is "
      "the default behavior (line {})",
      word, line);
}
std::string proto(const char* port, int line) {
  return fmt::format(
      "ExposeProtoCasing: Defined protocol '{}' in EXPOSE instruction should be lowercase (line "
      "{})",
      port, line);
}
std::string host_part(const char* port, int line) {
  return fmt::format(
      "ExposeInvalidFormat: EXPOSE instruction should not define an IP address or host-port "
      "mapping, found '{}' (line {})",
      port, line);
}

}  // namespace

TEST_CASE("UndefinedVar: what no ARG, ENV or base defines, with the nearest name that is") {
  check_all({
      {"FROM base\nCOPY $foo .\nARG foo=bar\nRUN echo $foo\n", {undefined("foo", 2)}},
      {"FROM base\nARG foo\nCOPY x$foo .\n", {}},
      {"FROM base AS a\nARG foo=x\nFROM a\nCOPY $foo .\n", {}},
      {"FROM base\nRUN echo $what\n", {}},
      {"FROM base\nWORKDIR $PATH$B\n", {}},
      {"FROM base\nARG DIR_ASSETS=a/\nCOPY $DIR_ASSET .\n",
       {"UndefinedVar: Usage of undefined variable '$DIR_ASSET' (did you mean $DIR_ASSETS?) (line "
        "3)"}},
      {"FROM scratch\nENV PATH=$PAHT:/tmp/bin\n",
       {"UndefinedVar: Usage of undefined variable '$PAHT' (did you mean $PATH?) (line 2)"}},
      {"FROM scratch\nENV PATH=$paht:/bin\n", {undefined("paht", 2)}},  // case counts
      {"FROM base\nARG x=$other\n", {undefined("other", 2)}},
      {"FROM base\nRUN --mount=target=/m,source=$src true\n", {undefined("src", 2)}},
      {"FROM base\nCOPY <<EOF /f\n$body\nEOF\n", {undefined("body", 2)}},
      {"FROM base\nCOPY <<'EOF' /f\n$body\nEOF\n", {}},
      {"FROM base\nEXPOSE 80$nothing\n", {}},
      {"FROM base\nENV a=${unset:-x}\n", {undefined("unset", 2)}},
      {"FROM base\n# check=skip=UndefinedVar\nCOPY $foo .\n", {}},
  });
  PlanTest t;  // a default that is not used is not read
  t.options.build_args["x"] = "1";
  CHECK(t.checked("FROM base\nARG x=$other\n").empty());
}

TEST_CASE("UndefinedArgInFrom: FROM sees only the ARGs above it and what is built in") {
  check_all({
      {"ARG base=scratch\nFROM $base\n", {}},
      {"FROM --platform=$BUILDPLATFORM scratch\n", {}},
      {"ARG DEBUG\nFROM scratch${DEBUG}\n", {}},
      {"ARG DEBUG=\"\"\nFROM scratch${DEBUG-@bogus}\n", {}},
      {"ARG tag=latest\nFROM base:${tag}${version} AS b\n", {undeclared("version", 2)}},
      {"FROM --platform=$BULIDPLATFORM scratch\n",
       {"UndefinedArgInFrom: FROM argument 'BULIDPLATFORM' is not declared (did you mean "
        "BUILDPLATFORM?) (line 1)",
        "error: empty platform value from expression $BULIDPLATFORM (did you mean "
        "BUILDPLATFORM?)"}},
      {"ARG MY_ARCH=amd64\n# check=skip=UndefinedArgInFrom\nFROM scratch${MYARCH}\n", {}},
      {"ARG MY_ARCH=amd64\nFROM scratch${MYARCH}\n",
       {"UndefinedArgInFrom: FROM argument 'MYARCH' is not declared (did you mean MY_ARCH?) (line "
        "2)"}},
  });
}

TEST_CASE("InvalidDefaultArgInFrom: without build arguments the base would be none") {
  BuildOptions options;
  options.build_args = {{"VERSION", "latest"}, {"IMAGE", "base"}};
  check_all({{"ARG VERSION\nFROM base:$VERSION\n", {bad_default("base:$VERSION", 2)}},
             {"ARG IMAGE\nFROM $IMAGE\n", {bad_default("$IMAGE", 2)}},
             {"ARG VERSION=latest\nFROM base:$VERSION\n", {}},
             {"ARG VERSION=\nFROM base${VERSION:+:latest}\n", {}},
             {"# check=skip=InvalidDefaultArgInFrom\nARG IMAGE\nFROM $IMAGE\n", {}}},
            options);
}

TEST_CASE("RedundantTargetPlatform and FromPlatformFlagConstDisallowed") {
  check_all({
      {"FROM --platform=$TARGETPLATFORM scratch\n", {redundant("$TARGETPLATFORM", 1)}},
      {"FROM --platform=${TARGETPLATFORM} scratch\n", {redundant("${TARGETPLATFORM}", 1)}},
      {"# check=skip=none\n\n# check=skip=RedundantTargetPlatform\n"
       "FROM --platform=$TARGETPLATFORM scratch\n",
       {}},
      {"FROM --platform=$TARGETOS/$TARGETARCH scratch\n", {}},
      {"FROM --platform=linux/amd64 scratch\n", {constant("linux/amd64", 1)}},
      {"FROM --platform=linux/amd64 scratch AS my_amd64_stage\n", {}},
      {"FROM --platform=linux/amd64 scratch AS linux\n", {}},
      {"ARG P=linux/amd64\nFROM --platform=$P scratch\n", {}},
  });
}

TEST_CASE("InvalidBaseImagePlatform: the image is of another platform than was asked for") {
  PlanTest t;
  t.options.platform = oci::Platform{.os = "linux", .architecture = "arm64"};
  CHECK(t.checked("FROM base\nCOPY --from=base /x /y\n") ==
        Lines{"InvalidBaseImagePlatform: Base image base was pulled with platform \"linux/amd64\", "
              "expected \"linux/arm64\" for current build (line 2)",
              "InvalidBaseImagePlatform: Base image base was pulled with platform \"linux/amd64\", "
              "expected \"linux/arm64\" for current build (line 1)"});
  CHECK(t.checked("# check=skip=InvalidBaseImagePlatform\nFROM base\n").empty());
  t.options.platform = kAmd64;
  CHECK(t.checked("FROM base\n").empty());
}

TEST_CASE("JSONArgsRecommended: shell forms of CMD and ENTRYPOINT, unless a SHELL says how") {
  check_all({{"FROM base\nCMD run\n", {json("CMD", 2)}},
             {"FROM base\nentrypoint run\n",
              {"ConsistentInstructionCasing: Command 'entrypoint' should match the case of the "
               "command majority (uppercase) (line 2)",
               json("entrypoint", 2)}},
             {"FROM base\nCMD [\"run\"]\nENTRYPOINT [\"run\"]\n", {}},
             {"FROM base\nSHELL [\"/bin/bash\", \"-c\"]\nCMD run\nENTRYPOINT run\n", {}},
             {"FROM base AS a\nSHELL [\"/bin/bash\"]\nFROM a\nCMD run\n", {}},
             {"FROM base\n# check=skip=JSONArgsRecommended\nCMD run\n", {}},
             {"FROM base\nRUN run\nHEALTHCHECK CMD run\n", {}}});
  PlanTest t;
  t.images.add("with-shell").shell = std::vector<std::string>{"/bin/bash"};
  CHECK(t.checked("FROM with-shell\nCMD run\n").empty());
}

TEST_CASE("MultipleInstructionsDisallowed: the earlier one is named, stage by stage") {
  check_all(
      {{"FROM base\nENTRYPOINT [\"/a\"]\nENTRYPOINT [\"/b\"]\nCMD [\"/a\"]\nCMD [\"/b\"]\n"
        "HEALTHCHECK CMD [\"/a\"]\nHEALTHCHECK NONE\n",
        {once("ENTRYPOINT", 2), once("CMD", 4), once("HEALTHCHECK", 6)}},
       {"FROM base AS a\nCMD [\"/a\"]\nFROM a\nCMD [\"/b\"]\n", {}},
       {"FROM base\nCMD [\"/a\"]\n# check=skip=MultipleInstructionsDisallowed\nCMD [\"b\"]\n", {}},
       {"FROM base\nCMD [\"/a\"]\nRUN x\nCMD [\"/b\"]\nCMD [\"/c\"]\n",
        {once("CMD", 2), once("CMD", 4)}}});
}

TEST_CASE("LegacyKeyValueFormat: ENV and LABEL without an equals sign") {
  check_all({{"FROM base\nENV a value\nLABEL a value\n", {legacy("ENV", 2), legacy("LABEL", 3)}},
             {"FROM base\nENV a=value\nLABEL a=value\n", {}},
             {"FROM base\n# check=skip=LegacyKeyValueFormat\nENV a value\n", {}}});
}

TEST_CASE("SecretsUsedInArgOrEnv: a word of the name says what it holds") {
  check_all({{"FROM base\nARG SECRET_PASSPHRASE\nENV SUPER_Secret=foo\nENV password=a secret=b\n"
              "ARG super_duper_secret_token=foo auth=bar\nENV apikey=a sunflower=b\nENV git_key=\n",
              {secret("ARG", "SECRET_PASSPHRASE", 2), secret("ENV", "SUPER_Secret", 3),
               secret("ENV", "password", 4), secret("ENV", "secret", 4),
               secret("ARG", "super_duper_secret_token", 5), secret("ARG", "auth", 5),
               secret("ENV", "apikey", 6), secret("ENV", "git_key", 7)}},
             {"FROM base\nENV PUBLIC_KEY=\nARG public_token\nARG SECRET_PASSPHRASE_FILE\n"
              "ENV password_file=a secret_File=b\nARG AUTH_MODULE_VERSION\nARG monkey keyboard\n",
              {}},
             {"ARG TOKEN\nFROM base\n", {}},  // of the file, not of a stage
             {"FROM base\n# check=skip=all // here alone\nENV password=a\nARG token\n",
              {secret("ARG", "token", 4)}}});
}

TEST_CASE("WorkdirRelativePath: before any WORKDIR of the file itself") {
  check_all({{"FROM base\nWORKDIR app/\nWORKDIR more\n", {relative("app/", 2)}},
             {"FROM base\nWORKDIR /app\nWORKDIR more\n", {}},
             {"FROM base AS a\nWORKDIR /app\nFROM a\nWORKDIR sub\n", {}},
             {"FROM base\nARG D=/abs\nWORKDIR $D\n", {}},
             {"FROM base\n# check=skip=WorkdirRelativePath\nWORKDIR app\nWORKDIR more\n", {}}});
}

TEST_CASE("CopyIgnoredFile: a path of the context that its ignore file keeps out") {  // I05
  check_all({{"FROM base\nCOPY Dockerfile .\nADD ./Dockerfile /windy\n",
              {ignored("Copy", "Dockerfile", 2), ignored("Add", "Dockerfile", 3)}},
             {"FROM base\nCOPY other .\nCOPY . .\n", {}},
             {"FROM base AS a\nFROM base\nCOPY --from=a /Dockerfile Dockerfile /\n", {}},
             {"# check=skip=CopyIgnoredFile\nFROM base\nCOPY Dockerfile .\n", {}}},
            ignoring("Dockerfile\n"));
  check_all({{"FROM base\nCOPY ./Dockerfile .\nCOPY . .\n", {}}}, ignoring("**\n!Dockerfile\n"));
  check_all({{"FROM base\nCOPY . .\n", {}}, {"FROM base\nCOPY src/main.c .\n", {}}},
            ignoring(".*\n*.c\n"));
  check_all({{"FROM base\nCOPY . .\n", {ignored("Copy", ".", 2)}},
             {"FROM base\nCOPY src/a/b .\n", {ignored("Copy", "src/a/b", 2)}}},
            ignoring("*\n"));
}

TEST_CASE("ExposeProtoCasing and ExposeInvalidFormat") {
  check_all(
      {{"FROM base\nEXPOSE 80/TcP 8080/TCP 8080/udp\n", {proto("80/TcP", 2), proto("8080/TCP", 2)}},
       {"FROM base\nEXPOSE 127.0.0.1:80:80 [::1]:8080:8080 5000:5000 8000\n",
        {host_part("127.0.0.1:80:80", 2), host_part("5000:5000", 2),
         host_part("[::1]:8080:8080", 2)}},
       {"FROM base\nEXPOSE 80 80-82/udp :90\n", {}}});
}

TEST_CASE("a build looks at the stages it needs, a check without target at all of them") {
  std::string text = "FROM base AS first\nCOPY $foo .\nFROM base AS second\nCOPY $bar .\n";
  PlanTest t;
  CHECK(t.checked(text) == Lines{undefined("bar", 4)});
  t.options.all_stages = true;
  CHECK(t.checked(text) == Lines{undefined("foo", 2), undefined("bar", 4)});
  // The bases of all stages are asked for, as BuildKit does it.
  t.images.asked.clear();
  CHECK(t.checked("FROM other AS a\nFROM base\n").back() == "error: no such image: other:latest");
}

TEST_CASE("error=true is thrown when everything has been looked at") {  // E23
  PlanTest t;
  CHECK(t.checked("# check=error=true\nFROM base AS Low\nCOPY $foo .\nCMD x\n") ==
        Lines{"StageNameCasing: Stage name 'Low' should be lowercase (line 2)", undefined("foo", 3),
              json("CMD", 4),
              "error: lint violation found for rules: JSONArgsRecommended, StageNameCasing, "
              "UndefinedVar"});
}

TEST_CASE("what a trigger breaks is said at the FROM that fires it") {  // W07
  PlanTest t;
  t.images.add("parent").on_build = {"WORKDIR sub", "COPY $foo ."};
  CHECK(t.checked("FROM base AS a\nFROM parent\n") ==
        Lines{relative("sub", 2), undefined("foo", 2)});
}
