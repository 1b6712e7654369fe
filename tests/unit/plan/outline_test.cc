// SPDX-License-Identifier: Apache-2.0
//
// What a target takes from whoever builds it (F12): the cases of BuildKit's outline tests.
#include "plan/outline.h"

#include <doctest/doctest.h>

#include "tests/unit/plan/plan_fixture.h"

using namespace cairn;
using namespace cairn::plan;

namespace {

Outline outline(PlanTest& t, std::string text) {
  auto source = std::make_shared<const SourceText>(SourceText{"Dockerfile", std::move(text)});
  return make_outline(dockerfile::parse_dockerfile(std::move(source)), t.options, t.images);
}

// "name=value@line description"
Lines args(const Outline& outline) {
  Lines out;
  for (const OutlineArg& arg : outline.args) {
    out.push_back(
        fmt::format("{}={}@{} {}", arg.name, arg.value, arg.span.first_line, arg.description));
  }
  return out;
}

}  // namespace

TEST_CASE("an outline has the arguments of the target and of the stages it needs") {
  PlanTest t;
  t.images.add("busybox");
  t.options.target = "target";
  t.options.build_args["BAR"] = "678";
  Outline made = outline(t,
                         "ARG inherited=box\nARG inherited2=box2\nARG unused=abc${inherited2}\n"
                         "# sfx is a suffix\nARG sfx=\"usy${inherited}\"\n"
                         "FROM b${sfx} AS first\n# this is not assigned to anything\nARG FOO=123\n"
                         "# BAR is a number\nARG BAR=456\nRUN true\n"
                         "FROM alpine${unused} AS second\nARG BAZ\n"
                         "FROM scratch AS third\nARG ABC=a\n# check=skip=all\nARG password\n"
                         "# target defines build target\nFROM third AS target\n"
                         "COPY --from=first /etc/passwd /\nFROM second\n");
  CHECK(made.name == "target");
  CHECK(made.description == "defines build target");
  CHECK(args(made) == Lines{"inherited=box@1 ", "sfx=usybox@5 is a suffix", "FOO=123@8 ",
                            "BAR=678@10 is a number", "ABC=a@15 ", "password=@17 "});
}

TEST_CASE("arguments that are defined by others bring those along") {
  PlanTest t;
  Outline made = outline(
      t,
      "ARG FOO=123\nARG ABC=abc\nARG DEF=def\nARG FOO=${FOO}${ABC}\nARG BAR=${FOO}456\n"
      "ARG FOO=${FOO}456${BAR}\nFROM scratch\nARG FOO\nARG INFOO=123\nARG INBAR=${INFOO}456\n"
      "ARG INFOO=${INFOO}456${INBAR}\n");
  CHECK(args(made) == Lines{"ABC=abc@2 ", "BAR=123abc456@5 ", "FOO=123abc456123abc456@6 ",
                            "INBAR=123456@10 ", "INFOO=123456123456@11 "});
}

TEST_CASE("built-in arguments and those nobody uses are not in it") {
  PlanTest t;
  Outline made = outline(t, "ARG UNUSED=1\nFROM base\nARG TARGETARCH\nARG UNSET\n");
  CHECK(made.name.empty());
  CHECK(args(made) == Lines{"UNSET=@4 "});
}
