// SPDX-License-Identifier: Apache-2.0
//
// Where a build finds its files, its Dockerfile and what to ignore.
#include "source/build_context.h"

#include "base/limits.h"
#include "tests/unit/cli/build_inputs_fixture.h"

using namespace cairn;
using namespace cairn::cli;

TEST_CASE("a context is a repository, a remote file, an archive or a directory") {  // E22
  Project p;
  p.fetcher.tree.file("Dockerfile", "FROM fetched\n");
  p.tree.file("plain", "no archive");
  auto asked = [&](std::string context, Words words = {}) {
    p.fetcher.asked.clear();
    words.push_back(std::move(context));
    BuildInputs inputs = read_build_inputs(parsed(std::move(words)), p.fetcher, "");
    CHECK(inputs.dockerfile->text == "FROM fetched\n");
    return p.fetcher.asked;
  };
  CHECK(asked("https://example.com/repo.git#v1:dir") == "git https://example.com/repo.git#v1:dir;");
  CHECK(asked("git@example.com:repo", {"--build-arg", "BUILDKIT_CONTEXT_KEEP_GIT_DIR=1"}) ==
        "git git@example.com:repo#: keep;");
  CHECK(asked("github.com/owner/name") == "git https://github.com/owner/name#:;");
  CHECK(asked("https://example.com/x.tgz") == "http https://example.com/x.tgz;");
  for (auto [context, message] :
       {std::pair<std::string, std::string>{
            "/nowhere", "unable to prepare context: path \"/nowhere\" not found"},
        {p.tree.at("plain"), "unable to prepare context: \"" + p.tree.at("plain") +
                                 "\" is neither a directory nor an archive"}}) {
    CHECK_THROWS_WITH_AS(read_build_inputs(parsed({context}), p.fetcher, ""), message.c_str(),
                         Error);
  }
}

TEST_CASE("a lone remote file is its own Dockerfile") {
  Project p;
  p.fetcher.filename = "lone";
  p.fetcher.tree.file("lone", "FROM lone\n");
  p.fetcher.tree.file("Dockerfile", "FROM other\n");
  auto text = [&](Words words) {
    return read_build_inputs(parsed(std::move(words)), p.fetcher, "").dockerfile->text;
  };
  CHECK(text({"https://example.com/lone"}) == "FROM lone\n");
  CHECK(text({"-f", "Dockerfile", "https://example.com/lone"}) == "FROM other\n");
  CHECK(text({"-f", "https://example.com/lone", p.tree.root()}) == "FROM lone\n");
}

TEST_CASE("a Dockerfile outside a repository is named by a whole path") {
  Project p;
  p.fetcher.tree.file("sub/web.Dockerfile", "FROM tree\n");
  p.tree.file("mine", "FROM mine\n");
  auto text = [&](const std::string& file) {
    return read_build_inputs(parsed({"-f", file, "git@h:repo"}), p.fetcher, "").dockerfile->text;
  };
  CHECK(text("sub/web.Dockerfile") == "FROM tree\n");
  CHECK(text(p.tree.at("mine")) == "FROM mine\n");
}

// P15
TEST_CASE("the Dockerfile's name has three spellings, the usual one first") {
  Project p;
  sys::unlink_at(p.tree.fd(), "Dockerfile");
  p.tree.file("Containerfile", "three");
  CHECK(p.read().dockerfile->text == "three");
  p.tree.file("dockerfile", "two");
  CHECK(p.read().dockerfile->text == "two");
  p.tree.file("Dockerfile", "one");
  CHECK(p.read().dockerfile->text == "one");
  p.tree.file("docker/web.Dockerfile", "four");
  CHECK(p.read({"-f", p.tree.at("docker/web.Dockerfile")}).dockerfile->text == "four");
}

TEST_CASE("a Dockerfile that is a link to nothing in the context is told where it leads") {
  for (const char* target : {"/dev/zero", "Dockerfile", "gone"}) {
    Project p;
    sys::unlink_at(p.tree.fd(), "Dockerfile");
    p.tree.symlink("Dockerfile", target);
    CHECK(p.refusal(ErrorKind::kDockerfile)
              .ends_with("; Dockerfile is a symbolic link to " + std::string(target) +
                         ", and nothing is there: links are followed inside the same tree"));
  }
}

TEST_CASE("a missing Dockerfile is told with what is there instead") {
  Project p;
  sys::unlink_at(p.tree.fd(), "Dockerfile");
  CHECK(p.refusal(ErrorKind::kDockerfile).ends_with("no such file or directory; "));
  p.tree.file("web.Dockerfile");
  CHECK(p.refusal(ErrorKind::kDockerfile).ends_with("; there is web.Dockerfile: name it with -f"));
  p.tree.file("Dockerfle");
  CHECK(p.refusal(ErrorKind::kDockerfile).ends_with("/Dockerfle?"));
}

// I01 ⚠29
TEST_CASE("the ignore file named after the Dockerfile goes before that of the context") {
  Project p;
  p.tree.file(".dockerignore", "general\n");
  p.tree.file("web.Dockerfile");
  p.tree.file("web.Dockerfile.dockerignore", "special\n");
  p.tree.file("other.ignore", "asked\n");
  CHECK(p.excludes(p.read(), "general"));
  BuildInputs web = p.read({"-f", p.tree.at("web.Dockerfile")});
  CHECK(p.excludes(web, "special"));
  CHECK(!p.excludes(web, "general"));
  CHECK(p.excludes(p.read({"--ignorefile", p.tree.at("other.ignore")}), "asked"));
  CHECK(p.refusal(ErrorKind::kUsage, {"--ignorefile", p.tree.at("gone")}).find("gone") !=
        std::string::npos);
}

// I04
TEST_CASE("a named directory is a context with an ignore file of its own, an image is none") {
  Project p;
  p.tree.file("libs/.dockerignore", "*.o\n");
  BuildInputs inputs = p.read({"--build-context", "libs=" + p.tree.at("libs"), "--build-context",
                               "base=docker-image://alpine"});
  CHECK(inputs.contexts.size() == 2);
  CHECK(p.excludes(inputs, "a.o", "libs"));
  CHECK(!p.excludes(inputs, "a.o"));
  CHECK(inputs.options.contexts.contains("base"));
  CHECK(p.refusal(ErrorKind::kUsage, {"--build-context", "x=" + p.tree.at("gone")})
            .find("not found") != std::string::npos);
}

TEST_CASE("only a directory of this host with a Dockerfile of this host need not be fetched") {
  Project p;
  p.tree.file("plain");
  CHECK(!source::must_fetch(context_request(parsed({p.tree.root()}))));
  CHECK(!source::must_fetch(context_request(parsed({"-f", "-", p.tree.root()}))));
  for (const Words& words :
       {Words{"-"}, Words{"https://example.com/repo.git"}, Words{p.tree.at("plain")},
        Words{"-f", "https://example.com/Dockerfile", p.tree.root()}}) {
    CHECK(source::must_fetch(context_request(parsed(words))));
  }
}

TEST_CASE("an ignore file larger than the bound is refused by its name") {
  Project p;
  p.tree.file(".dockerignore", std::string(limits::kIgnoreFile, 'a'));
  p.read();
  p.tree.file(".dockerignore", std::string(limits::kIgnoreFile + 1, 'a'));
  try {
    p.read();
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kLimit);
    CHECK(error.context() == std::vector<std::string>{"reading .dockerignore"});
  }
}
