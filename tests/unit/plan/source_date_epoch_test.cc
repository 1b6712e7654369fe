// SPDX-License-Identifier: Apache-2.0
//
// R09: what SOURCE_DATE_EPOCH may say, and who sees it.
#include <doctest/doctest.h>

#include "tests/unit/plan/plan_fixture.h"

using namespace cairn;
using namespace cairn::plan;

namespace {

// Dates what it knows, and tells what it was asked for.
struct FakeTimes final : SourceTimes {
  std::optional<Timestamp> answer = Timestamp{.seconds = 77, .nanos = 5};
  std::string asked;

  std::optional<Timestamp> time_of(const RemoteSource& source) override {
    if (const auto* git = std::get_if<GitOp>(&source)) {
      asked += "git " + git->remote.redacted() + "#" + git->ref + " " + git->checksum + ";";
    } else {
      asked += "http " + std::get<HttpOp>(source).url.redacted() + ";";
    }
    return answer;
  }
};

struct EpochTest : PlanTest {
  FakeTimes times;

  Plan plan(std::string text) {
    auto source = std::make_shared<const SourceText>(SourceText{"Dockerfile", std::move(text)});
    return make_plan(dockerfile::parse_dockerfile(std::move(source)), options, images, &times);
  }
  std::optional<Timestamp> epoch(const std::string& text = "FROM base\n") {
    return plan(text).source_date_epoch;
  }
  void give(const std::string& value) { options.build_args["SOURCE_DATE_EPOCH"] = value; }
  // "message @line", exit code first.
  std::string refused(const std::string& text) {
    try {
      plan(text);
      return "";
    } catch (const Error& error) {
      std::string code = error.kind() == ErrorKind::kDockerfile ? "3 " : "2 ";
      if (code == "2 ") CHECK(error.kind() == ErrorKind::kUsage);
      return code + error.message() + " @" +
             std::to_string(error.span() ? error.span()->first_line : 0);
    }
  }
};

constexpr Timestamp kAsked{.seconds = 77};  // whole seconds
const std::string kGlobal = "ARG SOURCE_DATE_EPOCH=src\n";

}  // namespace

TEST_CASE("an epoch is a number from the build argument or else a global ARG; empty is none") {
  EpochTest t;
  CHECK(!t.epoch());
  CHECK(!t.epoch("FROM base\nARG SOURCE_DATE_EPOCH=5\n"));
  CHECK(!t.epoch("ARG SOURCE_DATE_EPOCH\nFROM base\n"));
  CHECK(t.epoch("ARG SOURCE_DATE_EPOCH=5\nFROM base\n") == Timestamp{.seconds = 5});
  CHECK(t.epoch("ARG SOURCE_DATE_EPOCH=-5\nFROM base\n") == Timestamp{.seconds = -5});
  t.give("7");
  CHECK(t.epoch("ARG SOURCE_DATE_EPOCH=5\nFROM base\n") == Timestamp{.seconds = 7});
  t.give("");
  Plan reset = t.plan("ARG SOURCE_DATE_EPOCH=5\nFROM base\nARG SOURCE_DATE_EPOCH\nRUN x\n");
  CHECK(!reset.source_date_epoch);
  CHECK(reset.warnings.empty());
  CHECK(t.times.asked.empty());
}

// C16
TEST_CASE("directories of WORKDIR are dated by the epoch, wherever it comes from") {
  EpochTest t;
  auto dated = [&](const std::string& text) { return last<WorkdirOp>(t.plan(text)).epoch; };
  CHECK(!dated("FROM base\nWORKDIR /a\n"));
  CHECK(!dated("FROM base\nARG SOURCE_DATE_EPOCH=5\nWORKDIR /a\n"));
  CHECK(dated("ARG SOURCE_DATE_EPOCH=5\nFROM base\nWORKDIR /a\n") == Timestamp{.seconds = 5});
  t.give("7");
  CHECK(dated("FROM base\nWORKDIR /a\n") == Timestamp{.seconds = 7});
}

TEST_CASE("what is no epoch is refused, where it was said") {
  EpochTest t;
  CHECK(t.refused("\nARG SOURCE_DATE_EPOCH=soon\nFROM base\n") ==
        "3 invalid SOURCE_DATE_EPOCH: soon @2");
  t.give("1.5");
  CHECK(t.refused("ARG SOURCE_DATE_EPOCH=1\nFROM base\n") == "2 invalid SOURCE_DATE_EPOCH: 1.5 @0");
  for (const char* bad : {"9223372036854775807", "253402300800", "-62167219201", "+-1", "+", " 1",
                          "0x1", "99999999999999999999"}) {
    t.give(bad);
    CHECK(t.refused("FROM base\n") == std::string("2 invalid SOURCE_DATE_EPOCH: ") + bad + " @0");
  }
}

TEST_CASE("the context's epoch is that of the source it was fetched from; a directory has none") {
  EpochTest t;
  t.give("context");
  Plan local = t.plan("FROM base\n");
  CHECK(!local.source_date_epoch);
  CHECK(local.warnings.size() == 1);
  t.options.context_source = HttpOp{.url = "https://h/c.tgz", .filename = "c.tgz"};
  CHECK(t.epoch() == kAsked);
  t.options.context_source = GitOp{.remote = "https://h/r.git", .ref = "v1"};
  CHECK(t.epoch() == kAsked);
  CHECK(t.times.asked == "http https://h/c.tgz;git https://h/r.git#v1 ;");
  t.times.answer = std::nullopt;
  CHECK(!t.epoch());
}

TEST_CASE("a named context gives its time, before a stage of that name") {
  EpochTest t;
  t.options.contexts = {{"src", parse_named_context("https://h/r.git#main")},
                        {"dir", parse_named_context(".")},
                        {"img", parse_named_context("docker-image://base")}};
  CHECK(t.epoch(kGlobal + "FROM base AS src\nRUN x\nFROM base\n") == kAsked);
  CHECK(t.times.asked == "git https://h/r.git#main ;");
  t.give("dir");
  CHECK(!t.epoch());
  t.give("img");
  CHECK(!t.epoch());
}

TEST_CASE("a stage of one remote ADD gives the time of what it adds") {
  EpochTest t;
  t.options.build_args["TAG"] = "v2";
  CHECK(t.epoch(kGlobal + "ARG HOST=h\nFROM scratch AS SRC\nARG TAG=v1 CUT=1111111\n"
                          "ADD --checksum=$CUT https://$HOST/r.git#$TAG /\nFROM base\n") == kAsked);
  CHECK(t.epoch(kGlobal + "FROM base\nFROM scratch AS src\nADD https://h/f.tar /x\n") == kAsked);
  CHECK(t.times.asked == "git https://h/r.git#v2 1111111;http https://h/f.tar;");
}

TEST_CASE("a stage that does anything else has no epoch to give") {
  EpochTest t;
  auto refused = [&](const std::string& stage) {
    return t.refused(kGlobal + stage + "FROM base\n");
  };
  CHECK(refused("FROM base AS src\nADD https://h/f /\n") ==
        "3 SOURCE_DATE_EPOCH stage must use FROM scratch @2");
  CHECK(refused("FROM scratch AS src\n") ==
        "3 SOURCE_DATE_EPOCH stage must contain exactly one remote ADD @2");
  CHECK(refused("FROM scratch AS src\nADD https://h/f /\nADD https://h/g /\n") ==
        "3 SOURCE_DATE_EPOCH stage must contain exactly one remote ADD @4");
  CHECK(refused("FROM scratch AS src\nADD https://h/f https://h/g /\n") ==
        "3 SOURCE_DATE_EPOCH stage must contain exactly one remote ADD source @3");
  CHECK(refused("FROM scratch AS src\nADD f /\n") ==
        "3 SOURCE_DATE_EPOCH stage source must be a single HTTP(S) or Git ADD @3");
  CHECK(refused("FROM scratch AS src\nADD https://h/f /\nENV A=b\n") ==
        "3 SOURCE_DATE_EPOCH stage does not meet source-only requirements: unsupported env "
        "instruction @4");
  CHECK(t.times.asked.empty());
}

TEST_CASE("instructions see the number in place of the name, and nothing when there is none") {
  EpochTest t;
  t.give("context");
  t.options.context_source = GitOp{.remote = "https://h/r.git"};
  std::string text =
      "ARG SOURCE_DATE_EPOCH\nFROM base\nARG SOURCE_DATE_EPOCH\n"
      "ENV AT=x$SOURCE_DATE_EPOCH\n";
  CHECK(history(t.plan(text)).back() == "  ENV AT=x77");
  CHECK(history(t.plan("FROM base\nENV AT=x$SOURCE_DATE_EPOCH\n")).back() == "  ENV AT=x");
  t.times.answer = std::nullopt;
  CHECK(history(t.plan(text)).back() == "  ENV AT=x");
}

TEST_CASE("a plan that nobody can be asked for has no epoch, and its mistakes") {
  PlanTest t;
  t.options.build_args = {{"SOURCE_DATE_EPOCH", "context"}};
  CHECK(!t.plan("FROM base\n").source_date_epoch);
  t.options.build_args = {{"SOURCE_DATE_EPOCH", "nothing"}};
  CHECK(t.refused("FROM base\n") == "invalid SOURCE_DATE_EPOCH: nothing @0");
}
