// SPDX-License-Identifier: Apache-2.0
#include "plan/git_ref.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/error.h"

using namespace cairn;

namespace {

// "remote|ref|subdir" and what else was said; "path" for what is no repository, "!" for an error.
std::string parsed(std::string_view word) {
  try {
    std::optional<plan::GitRef> ref = plan::find_git_ref(word);
    if (!ref) return "path";
    const plan::GitOp& op = ref->op;
    std::string text = fmt::format("{}|{}|{}", op.remote, op.ref, op.subdir);
    if (!op.checksum.empty()) text += " sum=" + op.checksum;
    if (ref->keep_git_dir) text += *ref->keep_git_dir ? " keep" : " drop";
    if (!op.submodules) text += " alone";
    if (op.commit_time) text += " dated";
    if (op.fetch_by_commit) text += " by-commit";
    if (ref->looks_local) text += " local?";
    return text;
  } catch (const Error& error) {
    return "!" + error.message();
  }
}

struct GitRefCase {
  const char* word;
  const char* expected;
};

}  // namespace

TEST_CASE("words that name a repository, and words that do not") {  // D05
  for (const GitRefCase& c : std::initializer_list<GitRefCase>{
           {"https://example.com/x.git", "https://example.com/x.git||"},
           {"http://example.com/x.git#v1", "http://example.com/x.git|v1|"},
           {"https://example.com/x.git#v1:a/b", "https://example.com/x.git|v1|a/b"},
           {"https://example.com/x.git#:a/../../b", "https://example.com/x.git||b"},
           {"https://example.com/x", "path"},
           {"https://example.com/x.git/y", "path"},
           {"git://example.com/x", "git://example.com/x||"},
           {"ssh://git@example.com/x", "ssh://git@example.com/x||"},
           {"git@example.com:o/x#main:sub", "git@example.com:o/x|main|sub"},
           {"git@example.com:o/x?ref=main", "git@example.com:o/x|main|"},
           {"github.com/o/x", "https://github.com/o/x|| local?"},
           {"./git@example.com:x", "path"},
           {"../x.git", "path"},
           {"x.git", "path"},
           {"a b@c:d", "path"},
           {"ftp://example.com/x.git", "path"},
           {"dir/git@example.com:x", "path"},
       }) {
    CHECK_MESSAGE(parsed(c.word) == c.expected, c.word);
  }
}

TEST_CASE("a repository can be described by a query") {  // D05
  for (const GitRefCase& c : std::initializer_list<GitRefCase>{
           {"https://h/x.git?tag=v1", "https://h/x.git|refs/tags/v1|"},
           {"https://h/x.git?branch=main&subdir=%2Fa", "https://h/x.git|refs/heads/main|a"},
           {"https://h/x.git?ref=a#a", "https://h/x.git|a|"},
           {"https://h/x.git?commit=abc&keep-git-dir", "https://h/x.git|| sum=abc keep"},
           {"https://h/x.git?checksum=abc&keep-git-dir=false", "https://h/x.git|| sum=abc drop"},
           {"https://h/x.git?submodules=0&mtime=commit", "https://h/x.git|| alone dated"},
           {"https://h/x.git?fetch-by-commit=true", "https://h/x.git|| by-commit"},
           {"https://h/x.git?ref=a#b", R"(!ref conflicts: "b" vs "a")"},
           {"https://h/x.git?tag=a&branch=b", "!branch conflicts with tag"},
           {"https://h/x.git?ref=", R"(!query "ref" has no value)"},
           {"https://h/x.git?ref=a&ref=b", R"(!query "ref" has multiple values)"},
           {"https://h/x.git?mtime=now",
            R"(!invalid mtime value: "now" (must be "checkout" or "commit"))"},
           {"https://h/x.git?submodules=maybe", R"(!invalid submodules value: "maybe")"},
           {"https://h/x.git?subdri=a", R"(!unexpected query "subdri" (did you mean subdir?))"},
           {"https://h/x.git#--upload-pack=evil",
            R"(!invalid git reference "https://h/x.git#--upload-pack=evil")"},
       }) {
    CHECK_MESSAGE(parsed(c.word) == c.expected, c.word);
  }
}

TEST_CASE("a checksum is the start of a commit, and agrees with the ref") {  // D05
  const std::string commit(40, 'a');
  auto refused = [](plan::GitOp op) {
    try {
      plan::check_git_op(op);
    } catch (const Error& error) {
      return error.message();
    }
    return std::string();
  };
  CHECK(refused({.remote = "r", .ref = "main", .checksum = "abc123"}).empty());
  CHECK(refused({.remote = "r", .ref = commit, .checksum = "aaa"}).empty());
  CHECK(refused({.remote = "r", .ref = commit, .checksum = "b"}) ==
        "expected checksum to match b, got " + commit);
  CHECK(refused({.remote = "r", .checksum = "xyz"}) ==
        "invalid checksum xyz for Git URL, expected hex commit hash");
  CHECK(refused({.remote = "r", .checksum = "abc", .fetch_by_commit = true})
            .starts_with("fetch-by-commit requires a full commit"));
  CHECK(refused({.remote = "r", .fetch_by_commit = true})
            .starts_with("fetch-by-commit requires a checksum"));
}

TEST_CASE("a remote file is called as its path says once decoded") {  // D04
  for (const GitRefCase& c : std::initializer_list<GitRefCase>{
           {"http://h/a/b.txt?x=1#y", "b.txt"},
           {"http://h/a%20b", "a b"},
           {"http://h/a+b", "a+b"},
           {"http://h/a%2Fb", "b"},
           {"http://h/%2e%2e", "__unnamed__"},
           {"http://h/a%00b", "__unnamed__"},
           {"http://h/100%", "100%"},
           {"http://h/", "__unnamed__"},
           {"http://h", "__unnamed__"},
       }) {
    CHECK_MESSAGE(plan::file_name_of(c.word) == c.expected, c.word);
  }
}

TEST_CASE("the login of a repository's URL is in no text") {
  std::optional<plan::GitRef> ref = plan::find_git_ref("https://u:PW@h/x.git#main");
  REQUIRE(ref);
  CHECK(fmt::format("{}", ref->op.remote) == "https://xxxxx:xxxxx@h/x.git");
  CHECK(ref->op.remote.login() == RemoteUrl::Login{"u", "PW"});
  CHECK(parsed("https://u:PW@h/x.git?subdri=a").find("PW") == std::string::npos);
}
