// SPDX-License-Identifier: Apache-2.0
//
// Logins in URLs and in free text. Each case is a form in which a password was, or might be,
// printed.
#include "base/remote_url.h"
#include "base/logins.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/error.h"

using namespace cairn;

namespace {

struct Case {
  const char* text;
  const char* redacted;
  const char* without;
};

}  // namespace

TEST_CASE("a URL shows neither user name nor password") {
  for (const Case& c : std::initializer_list<Case>{
           {"https://h/x.git", "https://h/x.git", "https://h/x.git"},
           {"https://u:PW@h/x.git", "https://xxxxx:xxxxx@h/x.git", "https://h/x.git"},
           {"http://TOKEN@h:8/x", "http://xxxxx@h:8/x", "http://h:8/x"},
           {"https://:PW@h/x", "https://:xxxxx@h/x", "https://h/x"},
           {"HTTPS://u:P@W@h/x", "HTTPS://xxxxx:xxxxx@h/x", "HTTPS://h/x"},
           {"https://u:P/W@h/x", "https://xxxxx:xxxxx@h/x", "https://h/x"},
           {"https://h/a@b?c=d@e", "https://h/a@b?c=d@e", "https://h/a@b?c=d@e"},
           {"https://h:80/a@b", "https://xxxxx:xxxxx@b", "https://h:80/a@b"},
           {"http://h:80/@a/b", "http://h:80/@a/b", "http://h:80/@a/b"},
           {"http://h:80/a@1.2.3", "http://h:80/a@1.2.3", "http://h:80/a@1.2.3"},
           {"https://[::1]:80/a@b", "https://[::1]:80/a@b", "https://[::1]:80/a@b"},
           {"ssh://git@h/x", "ssh://git@h/x", "ssh://git@h/x"},
           {"ssh://git:PW@h/x", "ssh://xxxxx:xxxxx@h/x", "ssh://git@h/x"},
           {"git@h:o/x.git", "git@h:o/x.git", "git@h:o/x.git"}}) {
    CAPTURE(c.text);
    RemoteUrl url(c.text);
    CHECK(url.redacted() == c.redacted);
    CHECK(fmt::format("{}", url) == c.redacted);
    CHECK(url.without_login() == c.without);
    CHECK(url.login().has_value() == (url.without_login() != c.text));
    CHECK(url.login_digest().has_value() == url.login().has_value());
  }
}

TEST_CASE("the login of a URL is what it says once decoded") {
  CHECK(RemoteUrl("https://u:p%40%2f@h/x").login() == RemoteUrl::Login{"u", "p@/"});
  CHECK(RemoteUrl("https://token@h/x").login() == RemoteUrl::Login{"token", ""});
  CHECK(RemoteUrl("https://u:1@h/").login_digest() != RemoteUrl("https://u:2@h/").login_digest());
}

TEST_CASE("logins in the middle of a text are masked, all of them") {
  CHECK(mask_logins("fatal: unable to access 'https://u:PW@h/x.git/': no, see http://v:PW@i") ==
        "fatal: unable to access 'https://xxxxx:xxxxx@h/x.git/': no, see http://xxxxx:xxxxx@i");
  CHECK(mask_logins("FROM user:PW@host:5000/x:1") == "FROM xxxxx:xxxxx@host:5000/x:1");
  for (const char* harmless :
       {"mail me@example.com", "alpine:3.20@sha256:0123", "h/a:1@sha256:0123 and b/c",
        "git@github.com:o/r.git", "a://b", "@", "://", "://@", "x@/"}) {
    CHECK(mask_logins(harmless) == harmless);
  }
}

TEST_CASE("a login is masked in a piece of a URL, and no digest is taken for one") {
  const std::string digest = "@sha256:" + std::string(64, 'a');
  CHECK(mask_logins("//u:PW@h: no address") == "//xxxxx:xxxxx@h: no address");
  CHECK(mask_logins("/dir/http:/u:PW@h/x") == "/dir/http:/xxxxx:xxxxx@h/x");
  CHECK(mask_logins("HTTP:/TOKEN@h") == "HTTP:/xxxxx@h");
  CHECK(mask_logins("https:///u:PW@h") == "https:///xxxxx:xxxxx@h");
  CHECK(mask_logins("docker://u:PW@h/x:1" + digest) == "docker://xxxxx:xxxxx@h/x:1" + digest);
  for (const std::string& harmless :
       {"docker-image://alpine:3.20" + digest, "oci-layout://dir" + digest,
        std::string("a:/b:c@d /e:f@g"), std::string("// me@example.com"),
        std::string("http://h//path and x@y")}) {
    CHECK(mask_logins(harmless) == harmless);
  }
  // What a fetch asks for is not changed by what a message masks.
  CHECK(RemoteUrl("git@h:o//x:y@z").without_login() == "git@h:o//x:y@z");
  CHECK(!RemoteUrl("/dir/http:/u:PW@h/x").login());
}

TEST_CASE("a password with any sign but a blank in it is masked") {
  for (const char* login : {"u:p@PW/x", "u:1/PW", "u:x\"PW", "u:x'PW", "u:x#PW", "u:x?PW", "u:[PW",
                            "me@corp:p/PW", "u:x:PW", "u:1\"PW", "[u:p/PW", "u:x,PW", "u:P<W>PW"}) {
    CAPTURE(login);
    const std::string text = std::string("http://") + login + "@h/f";
    CHECK(mask_logins(text) == "http://xxxxx:xxxxx@h/f");
    CHECK(mask_logins("no \"" + text + "\", me@b") == "no \"http://xxxxx:xxxxx@h/f\", me@b");
  }
}

TEST_CASE("the login of a server or an image is masked without a scheme") {
  CHECK(mask_logins("\"docker.io=u:PW@h:1\" is") == "\"docker.io=xxxxx:xxxxx@h:1\" is");
  CHECK(mask_logins("\"u:PW@h:1\" is") == "\"xxxxx:xxxxx@h:1\" is");
  CHECK(mask_logins("FROM u:PW@h:5000") == "FROM xxxxx:xxxxx@h:5000");
  CHECK(mask_logins("FROM u:PW@h") == "FROM xxxxx:xxxxx@h");
  CHECK(mask_logins("FROM u:P/W@h/x") == "FROM xxxxx:xxxxx@h/x");
  CHECK(mask_logins("COPY --from=u:P@W@h:5000 / /") == "COPY --from=xxxxx:xxxxx@h:5000 / /");
  CHECK(mask_logins(R"({"a":"b","image":"u:PW@h:1","c":"d@e"})") ==
        R"({"a":"b","image":"xxxxx:xxxxx@h:1","c":"d@e"})");
}

TEST_CASE("packages, letters and addresses of git keep their '@'") {
  for (const char* harmless :
       {"npm:react@18.2.0", "npm:react@next", "react@npm:18.2.0", "mailto:me@example.com",
        "GET http://h:4873/@babel%2fcore", "go: golang.org/x/net@v0.1.0: no", "h:4873/@babel/core",
        "git@github.com:o/r.git@v1", "/a/b.ts:c@d", "x:1, me@example.com", "Author: <me@h>",
        R"({"url":"http://h:80/x","mail":"me@example.com"})", "lodash@4.17.21:1"}) {
    CHECK(mask_logins(harmless) == harmless);
  }
}

TEST_CASE("a long text is masked in one pass") {
  std::string slashes, names, signs(1 << 20, '@');
  while (slashes.size() < (1 << 20)) slashes += "//a";
  while (names.size() < (1 << 20)) names += "u:p@h/";
  CHECK(mask_logins(slashes + " @") == slashes + " @");
  CHECK(mask_logins("x://" + slashes + "@").ends_with("@"));
  CHECK(mask_logins(names).find("u:p") == std::string::npos);
  CHECK(mask_logins(signs) == signs);
  std::string ports, digest = "@sha256:" + std::string(64, 'a');
  while (ports.size() < (1 << 20)) ports += "//a:b";
  CHECK(mask_logins(ports + digest) == ports + digest);
}

TEST_CASE("no error can carry the password of a URL") {
  ErrorContext while_here([] { return std::string("fetching https://u:PW@h/y"); });
  Error error =
      Error(ErrorKind::kUsage, "https://u:PW@h/x is wrong").with_hint("try https://u:PW@h/z");
  CHECK(error.message() == "https://xxxxx:xxxxx@h/x is wrong");
  CHECK(error.hint() == "try https://xxxxx:xxxxx@h/z");
  CHECK(error.context().at(0) == "fetching https://xxxxx:xxxxx@h/y");
  error.add_context("asking https://u:PW@h/z");
  CHECK(error.context().at(1) == "asking https://xxxxx:xxxxx@h/z");
}
