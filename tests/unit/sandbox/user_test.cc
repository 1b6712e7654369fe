// SPDX-License-Identifier: Apache-2.0
#include "sandbox/user.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/sys/file.h"

using namespace cairn;
using namespace cairn::sandbox;

namespace {

// A directory with an /etc in it, as an image.
class Image {
 public:
  Image() : dir_("/tmp", "cairn-user-test-"), root_(sys::RootDir::open(dir_.path())) {
    sys::make_dir_at(root_.fd(), "etc", 0755);
  }
  Image& with(const char* file, std::string_view text) {
    sys::write_all(sys::open_at(root_.fd(), file, O_CREAT | O_WRONLY | O_TRUNC, 0644), text);
    return *this;
  }
  const sys::RootDir& root() const { return root_; }
  std::string path(const char* file) const { return dir_.path() + "/" + file; }

 private:
  sys::TempDir dir_;
  sys::RootDir root_;
};

constexpr const char* kPasswd =
    "root:x:0:0:root:/root:/bin/sh\n"
    "app:x:1000:1001:The App:/home/app:/bin/sh\n"
    "4242:x:7:7::/numeric:/bin/sh\n"
    "relative:x:8:8::not/absolute:/bin/sh\n";
constexpr const char* kGroup =
    "root:x:0:\n"
    "app:x:1001:\n"
    "web:x:2000:other,app\n"
    "logs:x:2001:app\n"
    "wheel:x:10:root\n";

std::string message_of(const Image& image, const char* user) {
  try {
    resolve_user(image.root(), user);
    return "";
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kDockerfile);
    return error.message();
  }
}

}  // namespace

TEST_CASE("a user alone brings primary and supplementary groups and a home") {
  Image image;
  image.with("etc/passwd", kPasswd).with("etc/group", kGroup);
  CHECK(resolve_user(image.root(), "app") ==
        ResolvedUser{.uid = 1000, .gid = 1001, .groups = {1001, 2000, 2001}, .home = "/home/app"});
  CHECK(resolve_user(image.root(), "1000") == resolve_user(image.root(), "app"));
  CHECK(resolve_user(image.root(), "app:") == resolve_user(image.root(), "app"));
}

TEST_CASE("no user is root, with the groups that root is in") {
  Image image;
  image.with("etc/passwd", kPasswd).with("etc/group", kGroup);
  CHECK(resolve_user(image.root(), "") ==
        ResolvedUser{.uid = 0, .gid = 0, .groups = {0, 10}, .home = "/root"});
}

TEST_CASE("a user with a group has that group only") {
  Image image;
  image.with("etc/passwd", kPasswd).with("etc/group", kGroup);
  CHECK(resolve_user(image.root(), "app:web") ==
        ResolvedUser{.uid = 1000, .gid = 2000, .groups = {2000}, .home = "/home/app"});
  CHECK(resolve_user(image.root(), "app:77").groups == std::vector<std::uint32_t>{77});
}

TEST_CASE("numbers need no files") {
  Image image;
  CHECK(resolve_user(image.root(), "5:6") ==
        ResolvedUser{.uid = 5, .gid = 6, .groups = {6}, .home = "/"});
  CHECK(resolve_user(image.root(), "5").gid == 0);
  CHECK(resolve_user(image.root(), "") ==
        ResolvedUser{.uid = 0, .gid = 0, .groups = {0}, .home = "/"});
}

TEST_CASE("a number never means a name") {
  Image image;
  image.with("etc/passwd", kPasswd).with("etc/group", kGroup);
  CHECK(resolve_user(image.root(), "4242").uid == 4242);
}

TEST_CASE("a home that is no absolute path is not used") {
  Image image;
  image.with("etc/passwd", kPasswd);
  CHECK(resolve_user(image.root(), "relative").home == "/");
}

TEST_CASE("unknown names are errors, and a near one is named") {
  Image image;
  image.with("etc/passwd", kPasswd).with("etc/group", kGroup);
  CHECK(message_of(image, "nobody") ==
        "unable to find user nobody: no matching entries in passwd file");
  CHECK(message_of(image, "ap") ==
        "unable to find user ap: no matching entries in passwd file (did you mean app?)");
  CHECK(message_of(image, "app:nogroup") ==
        "unable to find group nogroup: no matching entries in group file");
}

TEST_CASE("ids that do not fit are refused") {
  Image image;
  CHECK(message_of(image, "4294967294") == "");
  for (const char* user : {"4294967295", "4294967296", "99999999999999999999", "1:4294967295"}) {
    CHECK(message_of(image, user).ends_with("is out of range"));
  }
  CHECK(message_of(image, "-1").starts_with("unable to find user -1"));
}

TEST_CASE("lines that make no sense are passed over") {
  Image image;
  using namespace std::literals;
  image.with("etc/passwd",
             "\n:::\nx\nbad:x:abc:0::/\nbig:x:4294967296:0::/\n\0\0:x:1:1\n"
             "late:x:5:5::/home/late"sv);
  CHECK(message_of(image, "bad") != "");
  CHECK(message_of(image, "big") != "");
  CHECK(resolve_user(image.root(), "late").uid == 5);
}

TEST_CASE("a passwd that is no regular file neither hangs nor is read") {
  Image image;
  REQUIRE(::mkfifo(image.path("etc/passwd").c_str(), 0644) == 0);
  CHECK(message_of(image, "app") == "/etc/passwd in the image is not a regular file");
  CHECK(message_of(image, "1000") == "");
  CHECK(message_of(image, "") == "");
}

TEST_CASE("a passwd that is a symlink to outside is looked for inside") {
  Image image;
  sys::symlink_at("/../../../../../../etc/passwd", image.root().fd(), "etc/passwd");
  CHECK_THROWS_AS(resolve_user(image.root(), "daemon"), Error);  // a symlink to itself
}

TEST_CASE("a huge passwd is refused before it is read whole") {
  Image image;
  image.with("etc/passwd", "");
  REQUIRE(::truncate(image.path("etc/passwd").c_str(), off_t{1} << 40) == 0);
  CHECK_THROWS_AS(resolve_user(image.root(), "app"), Error);
  CHECK(resolve_user(image.root(), "1000").uid == 1000);
}

TEST_CASE("chown takes a name as uid and primary gid, a number as both, and an empty group as 0") {
  Image image;
  image.with("etc/passwd", kPasswd).with("etc/group", kGroup);
  CHECK(resolve_chown(image.root(), "app") == Owner{.uid = 1000, .gid = 1001});
  CHECK(resolve_chown(image.root(), "app:web") == Owner{.uid = 1000, .gid = 2000});
  CHECK(resolve_chown(image.root(), "app:") == Owner{.uid = 1000, .gid = 0});
  CHECK(resolve_chown(image.root(), "55") == Owner{.uid = 55, .gid = 55});
  CHECK(resolve_chown(image.root(), "55:66") == Owner{.uid = 55, .gid = 66});
  CHECK(resolve_chown(image.root(), "55:web") == Owner{.uid = 55, .gid = 2000});
  CHECK(resolve_chown(image.root(), ":web") == Owner{.uid = 0, .gid = 2000});
  CHECK_THROWS_AS(resolve_chown(image.root(), "nobody"), Error);
  CHECK_THROWS_AS(resolve_chown(image.root(), "app:nogroup"), Error);
  CHECK_THROWS_AS(resolve_chown(image.root(), "4294967295"), Error);
  CHECK(resolve_chown(Image().root(), "root:root") == Owner{});
  // W02: the owner of what WORKDIR makes
  CHECK(resolve_chown(image.root(), "nobody", UnknownNames::kAreRoot) == Owner{});
  CHECK(resolve_chown(image.root(), "app:nogroup", UnknownNames::kAreRoot) ==
        Owner{.uid = 1000, .gid = 0});
}
