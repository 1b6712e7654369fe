// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/dockerfile.h"

#include "dockerfile/duration.h"
#include "tests/unit/dockerfile/dockerfile_fixture.h"

using namespace cairn;
using namespace cairn::dockerfile;

namespace {

std::string mount_error(std::string_view text) {
  try {
    mount_from(text);
    parse_mount(text, [](std::string_view value) { return std::string(value); });
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

}  // namespace

// P14
TEST_CASE("stages hold their instructions, and ARGs before the first are global") {
  Dockerfile file = parsed("ARG V=1\nFROM --platform=$P base:$V AS Build\nRUN a\nFROM scratch\n");
  CHECK(file.global_args.at(0).items.at(0).value == "1");
  REQUIRE(file.stages.size() == 2);
  CHECK(file.stages[0].from.name == "build");
  CHECK(file.stages[0].from.base == "base:$V");
  CHECK(file.stages[0].from.platform == "$P");
  CHECK(file.stages[0].instructions.size() == 1);
}

// E01
TEST_CASE("an unknown instruction suggests the one that was meant, and shows where") {
  Refusal typo = refusal("FROM x\n  FNTRYPOINT a\n");
  CHECK(typo.message ==
        "dockerfile parse error on line 2: unknown instruction: FNTRYPOINT (did you mean "
        "ENTRYPOINT?)");
  CHECK(typo.span.first_line == 2);
  CHECK(typo.span.first_column == 3);
  CHECK(typo.span.last_column == 12);
  Refusal lost = refusal("FROM x\nRUN a &&\n  make\n");
  CHECK(lost.message == "dockerfile parse error on line 3: unknown instruction: make");
  CHECK(lost.hint.find("line 2 does not end in \\") == 0);
  CHECK(refusal("FROM x\n\nmake\n").hint.empty());
}

// P12 E02
TEST_CASE("flags are checked by name, kind and number") {
  CHECK(complaint("COPY --chwon=x a b") == "unknown flag: --chwon (did you mean chown?)");
  CHECK(refusal("FROM x\nRUN --link a").hint == "--link is a flag of ADD and COPY");
  CHECK(complaint("COPY --from a b") == "missing a value on flag: --from");
  CHECK(complaint("COPY --link= a b") == "missing a value on flag: --link");
  CHECK(complaint("COPY --link=maybe a b") ==
        "expecting boolean value for flag --link, not: maybe");
  CHECK(complaint("COPY --from=a --from=b c d") == "duplicate flag specified: --from");
  CHECK(complaint("MAINTAINER --boo joe") == "unknown flag: --boo");
  CHECK(instruction<Copy>("COPY --link=FALSE --exclude=a --exclude=b c d").files.exclude.size() ==
        2);
  CHECK(refusal("FROM x\nCOPY --a \\\n  --bcd=e f g").span.first_line == 2);
}

// E03
TEST_CASE("argument counts are checked with the words people search for") {
  CHECK(complaint("COPY a") ==
        "COPY requires at least two arguments, but only one was provided. Destination could not be "
        "determined");
  CHECK(refusal("FROM a b").message ==
        "dockerfile parse error on line 1: FROM requires either one or three arguments");
  CHECK(refusal("FROM a AS 1x").message ==
        "dockerfile parse error on line 1: invalid name for build stage: \"1x\", name can't start "
        "with "
        "a number or contain symbols");
  CHECK(complaint("WORKDIR") == "WORKDIR requires exactly one argument");
  CHECK(complaint("ENV") == "ENV requires at least one argument");
  CHECK(complaint("ENV =b") == "ENV names can not be blank");
  CHECK(complaint("SHELL /bin/bash") == "SHELL requires the arguments to be in JSON form");
  CHECK(complaint("SHELL []") == "SHELL requires at least one argument");
  CHECK(complaint("VOLUME [\" \"]") == "VOLUME specified can not be an empty string");
  CHECK(refusal("RUN x\nFROM a").message == "no build stage in current context");
  CHECK(refusal("ARG a").message == "dockerfile contains no stages to build");
}

// G01 G02
TEST_CASE("commands come in shell form and in exec form") {
  CHECK(instruction<Run>("RUN a  'b'").command.words == std::vector<std::string>{"a  'b'"});
  CHECK(instruction<Run>("RUN [\"a\", \"b\"]").command.shell_form == false);
  CHECK(instruction<Cmd>("CMD []").command.words.empty());
  CHECK(instruction<Run>("RUN --network=none --mount=type=cache,target=/x make").mounts.size() ==
        1);
  CHECK(complaint("RUN --network=bridge x") == "invalid network mode \"bridge\"");
}

TEST_CASE("COPY takes files from heredocs, and never to one") {
  Copy copy = instruction<Copy>("COPY --chown=1 <<-a <<'b' c /d\n\tx\na\ny\nb\n");
  REQUIRE(copy.files.inline_sources.size() == 2);
  CHECK(copy.files.inline_sources[0].content == "x\n");
  CHECK(copy.files.inline_sources[0].expand);
  CHECK(!copy.files.inline_sources[1].expand);
  CHECK(copy.files.paths == std::vector<std::string>{"c"});
  CHECK(complaint("COPY a <<EOF\nEOF\n") == "COPY cannot accept a heredoc as a destination");
}

TEST_CASE("a health check has a kind, a command and durations") {
  Healthcheck check = instruction<Healthcheck>("HEALTHCHECK --interval=1m30s --retries=3 CMD a b");
  CHECK(check.test == std::vector<std::string>{"CMD-SHELL", "a b"});
  CHECK(check.interval == 90'000'000'000);
  CHECK(check.retries == 3);
  CHECK(instruction<Healthcheck>("HEALTHCHECK CMD [\"a\"]").test ==
        std::vector<std::string>{"CMD", "a"});
  CHECK(instruction<Healthcheck>("HEALTHCHECK NONE").test == std::vector<std::string>{"NONE"});
  CHECK(complaint("HEALTHCHECK NONE x") == "HEALTHCHECK NONE takes no arguments");
  CHECK(complaint("HEALTHCHECK CMD") == "Missing command after HEALTHCHECK CMD");
  CHECK(complaint("HEALTHCHECK TCP 1") == "Unknown type \"TCP\" in HEALTHCHECK (try CMD)");
  CHECK(complaint("HEALTHCHECK --interval=50ns CMD x") ==
        "Interval \"interval\" cannot be less than 1ms");
  CHECK(complaint("HEALTHCHECK --retries=-1 CMD x") == "--retries cannot be negative (-1)");
}

// H06
TEST_CASE("ONBUILD keeps its trigger as text, and a trigger parses where it fires") {
  CHECK(instruction<Onbuild>("onbuild  RUN a").trigger == "RUN a");
  Onbuild heredoc = instruction<Onbuild>("ONBUILD RUN <<EOF\nx\nEOF\n");
  CHECK(heredoc.trigger == "RUN <<EOF\nx\nEOF");
  Instruction run = parse_trigger(heredoc.trigger, heredoc.origin.span);
  CHECK(std::get<Run>(run).command.heredocs.at(0).content == "x\n");
  CHECK(origin_of(run).span == heredoc.origin.span);
  CHECK(complaint("ONBUILD ONBUILD RUN x") ==
        "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  CHECK(complaint("ONBUILD from x") == "FROM isn't allowed as an ONBUILD trigger");
  CHECK_THROWS_AS(parse_trigger("RUN a\nRUN b", {}), Error);
  CHECK_THROWS_AS(parse_trigger("FROM a", {}), Error);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "ONBUILD ";
  CHECK(complaint(deep + "RUN x") == "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
}

TEST_CASE("mounts are comma-separated fields with CSV quotes") {
  Mount bind = parsed_mount("target=/a,\"source=b,c\",rw");
  CHECK(bind.type == MountType::kBind);
  CHECK(bind.source == "b,c");
  CHECK(!bind.read_only);
  Mount cache = parsed_mount("Type=CACHE,dst=/c,sharing=locked,uid=5,mode=0700");
  CHECK(cache.type == MountType::kCache);
  CHECK(!cache.read_only);
  CHECK(cache.mode == 0700u);
  CHECK(mount_from("type=bind,from=build,target=/x") == "build");
}

TEST_CASE("a mount that cannot be says what is wrong with it") {
  CHECK(mount_error("type=bnd,target=/x") == "unsupported mount type \"bnd\" (did you mean bind?)");
  CHECK(mount_error("targt=/x") == "unexpected key 'targt' in 'targt=/x' (did you mean target?)");
  CHECK(mount_error("target") == "invalid field 'target' must be a key=value pair");
  CHECK(mount_error("target=/x,mode=0700") == "mode not allowed for \"bind\" type mounts");
  CHECK(mount_error("target=/x,sharing=locked") == "invalid cache sharing set for bind mount");
  CHECK(mount_error("type=secret,id=a,source=b") == "both source and id can't be set");
  CHECK(mount_error("type=secret,id=a,from=b") == "secret mount should not have a from");
  CHECK(mount_error("from=$X,target=/x") ==
        "'from' doesn't support variable expansion, define alias stage instead");
  CHECK(mount_error("type=cache,target=/x,uid=-1") == "invalid value -1 for uid");
}

TEST_CASE("durations read and print as Go's do") {
  for (const char* text :
       {"0s", "1ns", "1.5\xc2\xb5s", "300ms", "1.5s", "1m30s", "1h0m0.25s", "100h0m0s"}) {
    CHECK(format_duration(parse_duration(text)) == text);
  }
  CHECK(parse_duration("0") == 0);
  CHECK(parse_duration("-1.5h") == -5'400'000'000'000);
  for (const char* text : {"", "1", "s", "1x", "1.2.3s", "99999999999h", "-"}) {
    CHECK_THROWS_AS(parse_duration(text), Error);
  }
}
