// SPDX-License-Identifier: Apache-2.0
#include "registry/credentials.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "base/sys/file.h"
#include "tests/support/fake_transport.h"

using namespace cairn;
using namespace cairn::test;
using registry::Credentials;
using registry::Login;

namespace {

struct Files {
  sys::TempDir dir{"/tmp"};
  std::vector<std::string> paths;

  explicit Files(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      paths.push_back(dir.path() + "/" + std::to_string(paths.size()) + ".json");
      sys::replace_file(paths.back(), text);
    }
  }
};

std::string user(const Credentials& credentials, const std::string& registry,
                 const std::string& repository = "a") {
  auto login = credentials.find(registry, repository);
  return login ? login->username + ":" + login->password : "nobody";
}

}  // namespace

TEST_CASE("the longest key of a file wins") {
  Files f({R"({"auths":{
      "r.io":{"auth":"aG9zdDox"}, "r.io/ns":{"auth":"bnM6Mg=="}, "r.io/ns/a":{"auth":"cmVwbzoz"},
      "https://index.docker.io/v1/":{"auth":"aHViOjQ="}, "https://old.io/v1/":{"auth":"b2xkOjU="}}})"});
  Credentials credentials(f.paths);
  CHECK(user(credentials, "r.io", "x") == "host:1");
  CHECK(user(credentials, "r.io", "ns/x") == "ns:2");
  CHECK(user(credentials, "r.io", "ns/a") == "repo:3");
  CHECK(user(credentials, "r.io", "nsx/a") == "host:1");
  CHECK(user(credentials, "docker.io") == "hub:4");
  CHECK(user(credentials, "old.io") == "old:5");
  CHECK(user(credentials, "other.io") == "nobody");
}

TEST_CASE("the first file that knows a host decides, and files may be missing") {
  Files f({R"({"auths":{"r.io":{}}})", R"({"auths":{"r.io":{"username":"u","password":"p"}}})"});
  Credentials credentials({"/nonexistent/config.json", f.paths[0], f.paths[1]});
  CHECK(user(credentials, "r.io") == "u:p");
  CHECK(credentials.find("r.io", "a")->source == f.paths[1]);
}

TEST_CASE("a helper for the host goes before the general one, and is asked once") {
  Files f({R"({"auths":{"r.io":{"auth":"aG9zdDox"}},
               "credHelpers":{"r.io":"own","ecr.aws":"aws"},"credsStore":"desktop"})"});
  std::vector<std::string> asked;
  Credentials credentials(f.paths, [&](const std::string& name, const std::string& server) {
    asked.push_back(name + " " + server);
    return name == "aws" ? std::nullopt
                         : std::optional<std::string>(R"({"Username":"<token>","Secret":"s"})");
  });
  CHECK(credentials.find("r.io", "a")->identity_token == "s");
  CHECK(credentials.find("r.io", "a")->source == "docker-credential-own");
  CHECK(!credentials.find("ecr.aws", "a"));
  CHECK(credentials.find("docker.io", "library/a"));
  CHECK(asked ==
        std::vector<std::string>{"own r.io", "aws ecr.aws", "desktop https://index.docker.io/v1/"});
}

TEST_CASE("files and helpers that make no sense are errors with their name") {
  Files f({"{", R"({"auths":{"r.io":{"auth":"!!!"}}})", R"({"credsStore":"../../bin/sh"})", "[]"});
  CHECK(refusal([&] { Credentials({f.paths[0]}).find("r.io", "a"); }).find(f.paths[0]) !=
        std::string::npos);
  CHECK(refusal([&] { Credentials({f.paths[1]}).find("r.io", "a"); }).find("is not base64") !=
        std::string::npos);
  CHECK(refusal([&] { Credentials({f.paths[2]}).find("r.io", "a"); }).find("no plain name") !=
        std::string::npos);
  CHECK(!Credentials({f.paths[3]}).find("r.io", "a"));
}

TEST_CASE("a login that was given goes before files, and to its registries alone") {
  Files f({R"({"auths":{"r.io":{"auth":"aG9zdDox"},"s.io":{"auth":"aG9zdDox"}}})"});
  Credentials credentials(f.paths);
  credentials.set_config(R"({"auths":{"r.io":{"auth":"bnM6Mg=="}}})", "DOCKER_AUTH_CONFIG");
  CHECK(user(credentials, "r.io") == "ns:2");
  CHECK(credentials.find("r.io", "a")->source == "DOCKER_AUTH_CONFIG");
  CHECK(user(credentials, "s.io") == "host:1");

  Credentials given(f.paths);
  given.set_login({.username = "u", .password = "p", .source = "--creds"});
  given.keep_login_to({"r.io"});
  CHECK(user(given, "r.io") == "u:p");
  CHECK(user(given, "s.io") == "host:1");
  CHECK(user(given, "t.io") == "nobody");
}

TEST_CASE("podman's login is found where it lies without a runtime directory") {
  ::setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
  std::vector<std::string> files = Credentials::default_files(7);
  CHECK(std::ranges::count(files, "/run/user/7/containers/auth.json") == 1);
  CHECK(std::ranges::count(files, "/run/containers/7/auth.json") == 0);
  ::unsetenv("XDG_RUNTIME_DIR");
  files = Credentials::default_files(7);
  CHECK(std::ranges::count(files, "/run/containers/7/auth.json") == 1);
}
