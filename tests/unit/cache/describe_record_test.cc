// SPDX-License-Identifier: Apache-2.0
#include "cache/describe_record.h"

#include <doctest/doctest.h>

#include "cache/cache_key.h"
#include "cache/record.h"

using namespace cairn;
using namespace cairn::cache;

namespace {

std::string text_of(const CacheKey& key) {
  return describe_record(to_text(StepRecord{key.inputs}));
}

const StepKey kStepParent = StepKey::of("parent");
const Digest kContent = Digest::of("content");

}  // namespace

TEST_CASE("a step is told by what its key says") {
  plan::RunOp run;
  run.argv = {"/bin/sh", "-c", "make -C src \\\n  all"};
  CHECK(text_of(run_key(run, kStepParent, {})) == "RUN make -C src \\   all");
  run.argv = {"/bin/make", "all"};
  CHECK(text_of(run_key(run, kStepParent, {})) == R"(RUN ["/bin/make","all"])");
  plan::CopyOp copy;
  copy.dest = "/app/";
  copy.inline_files = {{.name = "EOF", .content = "x"}};
  CHECK(text_of(copy_key(copy, kStepParent,
                         {{.name = "a", .digest = kContent}, {.name = "b", .digest = kContent}})) ==
        "COPY <<EOF a b /app/");
  copy.sources = {{.from = {0}, .path = "/out/a"}, {.from = {0}, .path = "/b"}};
  CHECK(text_of(copy_definition_key(copy, kStepParent, {kStepParent, kStepParent})) ==
        "COPY <<EOF /out/a /b /app/");
  plan::WorkdirOp workdir;
  workdir.path = "/w";
  CHECK(text_of(workdir_key(workdir, kStepParent)) == "WORKDIR /w");
  plan::GitOp git;
  CHECK(text_of(git_key(git, "abc")) == "checkout of abc");
  CHECK(step_op(to_text(StepRecord{git_key(git, "abc").inputs})) == "git");
}

TEST_CASE("what is no step's key tells nothing") {
  for (const char* inputs : {"", "{", "[]", "{}", R"({"same as":"x"})", R"(["a"])", R"([["op"]])",
                             R"([["op",1]])", R"([["op","other"]])"}) {
    CHECK(describe_record(inputs) == "");
  }
}
