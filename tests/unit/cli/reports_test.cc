// SPDX-License-Identifier: Apache-2.0
//
// What `check`, `outline` and `targets` print, held against what buildx and BuildKit print.
#include "cli/build/reports.h"

#include <doctest/doctest.h>

#include "base/base64.h"
#include "base/json.h"
#include "cli/build/call.h"

using namespace cairn;
using namespace cairn::cli;
using namespace cairn::dockerfile;

namespace {

std::shared_ptr<const SourceText> source_of(std::string text) {
  return std::make_shared<const SourceText>(SourceText{"Dockerfile", std::move(text)});
}

std::vector<Diagnostic> found_in(const std::shared_ptr<const SourceText>& source) {
  Linter linter({});
  parse_dockerfile(parse_syntax(source), linter);
  return linter.found();
}

std::string refused(const std::string& text) {
  try {
    parse_call(text);
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

}  // namespace

TEST_CASE("a check prints its count, then each warning with its lines") {
  auto source = source_of("FROM a AS b\nMAINTAINER me\nFROM a AS B\n");
  CHECK(check_text(found_in(source), "dir/Dockerfile") ==
        "Check complete, 3 warnings have been found!\n"
        "\nWARNING: MaintainerDeprecated - "
        "https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/\n"
        "Maintainer instruction is deprecated in favor of using label\n"
        "dir/Dockerfile:2\n--------------------\n"
        "   1 |     FROM a AS b\n   2 | >>> MAINTAINER me\n   3 |     FROM a AS B\n   4 |     \n"
        "--------------------\n"
        "\nWARNING: StageNameCasing - "
        "https://docs.docker.com/go/dockerfile/rule/stage-name-casing/\n"
        "Stage name 'B' should be lowercase\n"
        "dir/Dockerfile:3\n--------------------\n"
        "   1 |     FROM a AS b\n   2 |     MAINTAINER me\n   3 | >>> FROM a AS B\n   4 |     \n"
        "--------------------\n"
        "\nWARNING: DuplicateStageName - "
        "https://docs.docker.com/go/dockerfile/rule/duplicate-stage-name/\n"
        "Duplicate stage name \"b\", stage names should be unique\n"
        "dir/Dockerfile:3\n--------------------\n"
        "   1 |     FROM a AS b\n   2 |     MAINTAINER me\n   3 | >>> FROM a AS B\n   4 |     \n"
        "--------------------\n");
  CHECK(check_text({}, "Dockerfile") == "Check complete, no warnings found.\n");
}

TEST_CASE("the JSON of a check has BuildKit's fields") {
  std::string text = "FROM a\nMAINTAINER \\\n  me\n";
  auto source = source_of(text);
  CHECK(check_json(found_in(source), *source, std::nullopt) ==
        Json::parse(R"({"warnings": [{
          "ruleName": "MaintainerDeprecated",
          "description": "The MAINTAINER instruction is deprecated, use a label instead to define an image author",
          "url": "https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/",
          "detail": "Maintainer instruction is deprecated in favor of using label",
          "location": {"ranges": [{"start": {"line": 2}, "end": {"line": 2}},
                                  {"start": {"line": 3}, "end": {"line": 3}}]}}],
          "sources": [{"filename": "Dockerfile", "language": "Dockerfile", "data": ")" +
                    encode_base64(text) + R"("}]})"));
  Error error =
      Error(ErrorKind::kDockerfile, "bad").at({.source = source, .first_line = 1, .last_line = 1});
  Json failed = check_json({}, *source, error);
  CHECK(failed["warnings"].is_null());
  CHECK(
      failed["buildError"] ==
      Json::parse(
          R"({"message": "bad", "location": {"ranges": [{"start": {"line": 1}, "end": {"line": 1}}]}})"));
  CHECK(check_json({}, *source, Error(ErrorKind::kRegistry, "far"))["buildError"]["location"] ==
        Json::object());
}

TEST_CASE("a build lists its warnings below the progress") {
  CHECK(warnings_text({}, false).empty());
  auto one = found_in(source_of("FROM a\nMAINTAINER me\n"));
  std::string line =
      " - MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label "
      "(line 2)\n";
  CHECK(warnings_text(one, false) == "\n 1 warning found (use cairn check to expand):\n" + line);
  CHECK(warnings_text({one[0], one[0]}, true) ==
        "\n \x1b[33m2 warnings found (use cairn check to expand):\n\x1b[0m" + line + line);
  Json json = warnings_json(one);
  CHECK(json[0]["level"] == 1);
  CHECK(decode_base64(json[0]["short"]) == line.substr(3, line.size() - 4));
  CHECK(json[0]["range"][0]["start"]["line"] == 2);
}

TEST_CASE("F12: targets are the stages with what the comments above say of them") {
  auto source = source_of(
      "# build defines stage for compiling\nFROM alpine AS build\nRUN true\n"
      "FROM --platform=$BUILDPLATFORM busybox as second\nFROM alpine\n"
      "# something else\n# binary returns the binary\nFROM second AS binary\n");
  Dockerfile file = parse_dockerfile(source);
  CHECK(targets_text(file) ==
        "TARGET           DESCRIPTION\n"
        "build            defines stage for compiling\n"
        "second\n"
        "\n"
        "binary (default) returns the binary\n");
  Json json = targets_json(file);
  CHECK(json["targets"].size() == 4);
  CHECK(json["targets"][1] ==
        Json::parse(R"({"name": "second", "base": "busybox", "platform": "$BUILDPLATFORM",
                        "location": {"ranges": [{"start": {"line": 4}, "end": {"line": 4}}]}})"));
  CHECK(json["targets"][3]["default"] == true);
  CHECK(decode_base64(json["sources"][0]) == source->text);
  CHECK(targets_text(parse_dockerfile(source_of("FROM a\n"))) ==
        "TARGET    DESCRIPTION\n(default)\n");
}

TEST_CASE("an outline is a few tables, or JSON without what is empty") {
  auto source = source_of("FROM a\n");
  SourceSpan span{.source = source, .first_line = 1, .last_line = 1};
  plan::Outline outline{
      .name = "app",
      .description = "the application",
      .args = {{.name = "VERSION", .description = "to build", .value = "1", .span = span},
               {.name = "X", .description = "", .value = "", .span = span}},
      .secrets = {{.id = "token", .required = true, .span = span},
                  {.id = "other", .required = false, .span = span}},
      .ssh = {{.id = "default", .required = false, .span = span}}};
  CHECK(outline_text(outline) ==
        "TARGET:      app\nDESCRIPTION: the application\n\n"
        "BUILD ARG   VALUE   DESCRIPTION\nVERSION     1       to build\nX\n\n"
        "SECRET   REQUIRED\ntoken    true\nother\n\n"
        "SSH       REQUIRED\ndefault\n\n");
  Json json = outline_json(outline, *source);
  CHECK(
      json["args"][1] ==
      Json::parse(
          R"({"name": "X", "location": {"ranges": [{"start": {"line": 1}, "end": {"line": 1}}]}})"));
  CHECK(json["secrets"][0]["required"] == true);
  CHECK(!json["ssh"][0].contains("required"));
  CHECK(outline_json({}, *source) == Json{{"sources", {encode_base64("FROM a\n")}}});
}

TEST_CASE("an answer has no login of a URL that the Dockerfile has") {
  auto source =
      source_of("# a is https://u:PW@h/a\nFROM u:PW@h/x AS a\nMAINTAINER http://u:PW@h\n");
  SourceSpan span{.source = source, .first_line = 1, .last_line = 1};
  std::string url = "https://u:PW@h/x";
  plan::Outline outline{.name = "app",
                        .description = url,
                        .args = {{.name = "X", .description = url, .value = url, .span = span}},
                        .secrets = {{.id = url, .required = true, .span = span}},
                        .ssh = {{.id = url, .required = false, .span = span}}};
  Dockerfile file = parse_dockerfile(source);
  std::string json = outline_json(outline, *source).dump() + targets_json(file).dump() +
                     check_json(found_in(source), *source, std::nullopt).dump();
  std::string said = json + outline_text(outline) + targets_text(file) +
                     check_text(found_in(source), "Dockerfile") +
                     decode_base64(targets_json(file)["sources"][0]).value();
  CHECK(said.find("PW") == std::string::npos);
  CHECK(json.find(encode_base64("# a is https://xxxxx:xxxxx@h/a\n").substr(0, 36)) !=
        std::string::npos);
  CHECK(outline_text(outline).find("X           https://xxxxx:xxxxx@h/x   https://") !=
        std::string::npos);
}

TEST_CASE("the words of --call") {
  CHECK(parse_call("check").kind == CallKind::kCheck);
  CHECK(parse_call("lint,format=json").json);
  CHECK(parse_call("format=json,outline").kind == CallKind::kOutline);
  CHECK(parse_call("check,ignorestatus=true").ignore_status);
  CHECK(parse_call("").kind == CallKind::kBuild);
  CHECK(refused("chekc") ==
        "--call=chekc: not one of build, check, outline, targets (did you mean check?)");
  CHECK(refused("check,color=no") == "--call=check,color=no: \"color=no\" is no part of it");
  CHECK(refused("check,outline") == "--call=check,outline: \"outline\" is no part of it");
  CHECK(describe_text().starts_with("NAME                 VERSION DESCRIPTION\noutline "));
}
