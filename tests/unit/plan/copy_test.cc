// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "plan/copy_filter.h"
#include "tests/unit/plan/plan_fixture.h"

using namespace cairn;
using namespace cairn::plan;

namespace {

using Verdict = PathFilter::Verdict;

// One letter for each path: included, excluded, partly.
std::string verdicts(const CopySource& source, const Lines& exclude, const Lines& paths) {
  std::shared_ptr<const PathFilter> filter = copy_filter(source, exclude);
  std::string out;
  for (const std::string& path : paths) {
    Verdict verdict = filter->judge(path, path.find('.') == std::string::npos);
    out += verdict == Verdict::kIncluded ? 'i' : verdict == Verdict::kExcluded ? 'e' : 'p';
  }
  return out;
}

}  // namespace

TEST_CASE("--exclude takes away what its patterns match below each source") {  // C18
  CHECK(copy_filter({.path = "a"}, {}) == nullptr);
  CHECK(verdicts({}, {"*.txt"}, {"a.txt", "a.md", "d", "d/a.txt"}) == "eiii");
  CHECK(verdicts({}, {"**/*.txt"}, {"a.txt", "d", "d/a.txt"}) == "eie");
  CHECK(verdicts({}, {"d", "!d/keep.md"}, {"d", "d/keep.md", "d/a.md", "other"}) == "piei");
  CHECK(verdicts({}, {"d"}, {"d", "d/keep.md"}) == "ee");
  // A leading "/" is no anchor as in an ignore file: no path begins with one.
  CHECK(verdicts({}, {"/d", "./e"}, {"d", "e"}) == "ie");
  CHECK_THROWS_AS(copy_filter({.path = "a"}, {"!/"}), Error);
}

TEST_CASE("--parents takes what its pattern matches, and walks where that may lie") {  // C17
  CHECK(verdicts({.below = "a/b.txt"}, {}, {"a", "a/b.txt", "a/c.txt", "d"}) == "piee");
  CHECK(verdicts({.below = "a"}, {}, {"a", "a/b", "b"}) == "iie");
  CHECK(verdicts({.below = "**/*.md"}, {}, {"a", "a/b.md", "a/b.txt"}) == "pie");
  CHECK(verdicts({.below = "a"}, {"a/b.txt"}, {"a", "a/b.txt", "a/c.txt"}) == "iei");
}

TEST_CASE("--parents splits a path at its first pivot") {  // C17
  PlanTest t;
  auto source = [&](const std::string& path) {
    CopySource s = last<CopyOp>(t.plan("FROM base\nCOPY --parents " + path + " /d/\n")).sources[0];
    return s.path + " " + s.below.value_or("(none)");
  };
  CHECK(source("a/b/c") == "/ a/b/c");
  CHECK(source("a/./b/c") == "a b/c");
  CHECK(source("a/./b/./c") == "a b/c");
  CHECK(source("./a/b") == "/ a/b");
  CHECK(source("../a") == "/ a");
}

TEST_CASE("ADD tells files, the web and repositories apart, in the order of the line") {  // D03-D05
  PlanTest t;
  Plan plan =
      t.plan("FROM base\nADD a.tar https://h/b.tar?x=1 https://h/c.git#v1 https://h/ /d/\n");
  const CopyOp& op = last<CopyOp>(plan);
  REQUIRE(op.sources.size() == 4);
  CHECK(op.sources[0].unpack);
  CHECK(std::get<HttpOp>(plan.vertices[op.sources[1].from].op).filename == "b.tar");
  CHECK_FALSE(op.sources[1].unpack);
  CHECK(std::get<GitOp>(plan.vertices[op.sources[2].from].op).ref == "v1");
  CHECK(std::get<HttpOp>(plan.vertices[op.sources[3].from].op).filename == "__unnamed__");
  CHECK(history(plan).back() ==
        "+ ADD a.tar https://h/b.tar?x=1 https://h/c.git#v1 https://h/ /d/ # buildkit");
}

TEST_CASE("the same URL is one vertex for all who take it") {
  PlanTest t;
  Plan plan = t.plan("FROM base\nADD https://h/a /x\nADD https://h/a https://h/b /y/\n");
  std::size_t files = 0;
  for (const Vertex& vertex : plan.vertices) files += std::holds_alternative<HttpOp>(vertex.op);
  CHECK(files == 2);
}

TEST_CASE("--unpack decides about archives wherever they come from") {  // D03
  PlanTest t;
  CHECK(last<CopyOp>(t.plan("FROM base\nADD --unpack https://h/a /x\n")).sources[0].unpack);
  CHECK_FALSE(last<CopyOp>(t.plan("FROM base\nADD --unpack=false a /x\n")).sources[0].unpack);
  CHECK_FALSE(last<CopyOp>(t.plan("FROM base\nCOPY a /x\n")).sources[0].unpack);
}

TEST_CASE("--from=scratch is an empty tree") {  // C20
  PlanTest t;
  Plan plan = t.plan("FROM base\nCOPY --from=scratch . /x\n");
  CHECK(std::holds_alternative<ScratchOp>(plan.vertices[last<CopyOp>(plan).sources[0].from].op));
}

TEST_CASE("--link is a plain copy beside --chmod") {  // C19
  PlanTest t;
  CHECK(last<CopyOp>(t.plan("FROM base\nCOPY --link a /x\n")).link);
  CHECK_FALSE(last<CopyOp>(t.plan("FROM base\nCOPY --link --chmod=644 a /x\n")).link);
}

TEST_CASE("what --checksum and --keep-git-dir cannot be said of is refused") {  // D04, D05
  PlanTest t;
  const std::string sum = "sha256:" + std::string(64, 'a');
  CHECK(t.refused("FROM base\nADD --checksum=" + sum + " a /x\n") ==
        "checksum requires HTTP(S) or Git sources @2");
  CHECK(t.refused("FROM base\nADD --checksum=" + sum + " https://h/a https://h/b /x/\n") ==
        "checksum can't be specified for multiple sources @2");
  CHECK(t.refused("FROM base\nADD --checksum=sha256:1 https://h/a /x\n")
            .starts_with("invalid checksum"));
  CHECK(t.refused("FROM base\nADD --keep-git-dir=false https://h/a.git?keep-git-dir=1 /x\n") ==
        "inconsistent keep-git-dir configuration @2");
  CHECK(t.refused("FROM base\nADD --checksum=ab https://h/a.git?checksum=cd /x\n") ==
        "checksum mismatch \"ab\" != \"cd\" @2");
  CHECK(t.refused("FROM base\nCOPY https://h/a /x\n") == "source can't be a URL for COPY @2");
  CHECK(t.refused("FROM base\nCOPY git@h:a /x\n") == "source can't be a git ref for COPY @2");
}

TEST_CASE("history of COPY tells --parents, --chown and --chmod, and no other flag") {  // X05
  PlanTest t;
  CHECK(history(t.plan("FROM base\nCOPY --link --exclude=x --parents --chown=1:2 a b /d/\n"))
            .back() == "+ COPY --parents --chown=1:2 a b /d/ # buildkit");
  CHECK(history(t.plan("FROM base\nADD --chmod=u+x --unpack a /d/\n")).back() ==
        "+ ADD --chmod=u+x a /d/ # buildkit");
}
