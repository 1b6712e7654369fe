// SPDX-License-Identifier: Apache-2.0
#include "cache/step_text.h"

#include <doctest/doctest.h>

#include "base/json.h"
#include "cache/cache_key.h"

using namespace cairn;
using namespace cairn::cache;

namespace {

std::string text_of(const CacheKey& key) {
  return step_text(canonical(key.to_json()));
}

const Digest kParent = Digest::of("parent");

}  // namespace

TEST_CASE("a step is told by what its key says") {
  plan::RunOp run;
  run.argv = {"/bin/sh", "-c", "make -C src \\\n  all"};
  CHECK(text_of(run_key(run, kParent, {})) == "RUN make -C src \\   all");
  run.argv = {"/bin/make", "all"};
  CHECK(text_of(run_key(run, kParent, {})) == R"(RUN ["/bin/make","all"])");
  plan::CopyOp copy;
  copy.dest = "/app/";
  copy.inline_files = {{.name = "EOF", .content = "x"}};
  CHECK(text_of(copy_key(copy, kParent,
                         {{.name = "a", .digest = kParent}, {.name = "b", .digest = kParent}})) ==
        "COPY <<EOF a b /app/");
  copy.sources = {{.from = 0, .path = "/out/a"}, {.from = 0, .path = "/b"}};
  CHECK(text_of(copy_definition_key(copy, kParent, {kParent, kParent})) ==
        "COPY <<EOF /out/a /b /app/");
  plan::WorkdirOp workdir;
  workdir.path = "/w";
  CHECK(text_of(workdir_key(workdir, kParent)) == "WORKDIR /w");
  plan::GitOp git;
  CHECK(text_of(git_key(git, "abc")) == "checkout of abc");
  CHECK(step_op(canonical(git_key(git, "abc").to_json())) == "git");
}

TEST_CASE("what is no step's key tells nothing") {
  for (const char* inputs : {"", "{", "[]", "{}", R"({"same as":"x"})", R"(["a"])", R"([["op"]])",
                             R"([["op",1]])", R"([["op","other"]])"}) {
    CHECK(step_text(inputs) == "");
  }
}
