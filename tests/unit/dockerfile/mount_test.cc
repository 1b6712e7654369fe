// SPDX-License-Identifier: Apache-2.0
//
// The grammar of RUN --mount (traps 30 and 32): its keys, its aliases and its defaults.
#include "dockerfile/mount.h"

#include "tests/unit/dockerfile/dockerfile_fixture.h"

using namespace cairn;
using namespace cairn::dockerfile;

namespace {

std::string braces(std::string_view value) {
  return "{" + std::string(value) + "}";
}
std::string wrong(std::string_view text) {
  try {
    parsed_mount(text);
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

}  // namespace

TEST_CASE("binds and secrets are read-only unless they say otherwise, caches are not") {
  struct Case {
    const char* text;
    bool read_only;
  };
  for (const Case& c : std::initializer_list<Case>{{"target=/x", true},
                                                   {"target=/x,rw", false},
                                                   {"target=/x,readwrite", false},
                                                   {"target=/x,rw=true", false},
                                                   {"target=/x,rw=0", true},
                                                   {"target=/x,ro=false", false},
                                                   {"target=/x,rw,ro", true},
                                                   {"type=cache,target=/x", false},
                                                   {"type=cache,target=/x,ro", true},
                                                   {"type=cache,target=/x,readonly=1", true},
                                                   {"type=tmpfs,target=/x", false},
                                                   {"type=secret,id=a", true},
                                                   {"type=ssh", true}}) {
    CHECK_MESSAGE(parsed_mount(c.text).read_only == c.read_only, c.text);
  }
}

TEST_CASE("keys have aliases and any letter case") {
  for (const char* text : {"src=/a,dst=/b", "source=/a,destination=/b", "SRC=/a,Target=/b"}) {
    CHECK_MESSAGE(parsed_mount(text).source == "/a", text);
    CHECK_MESSAGE(parsed_mount(text).target == "/b", text);
  }
  CHECK(parsed_mount("dst=/a,target=/b").target == "/b");
}

TEST_CASE("fields are split as CSV, quotes and all") {
  CHECK(parsed_mount("\"target=/a,b\",source=/c").target == "/a,b");
  CHECK(parsed_mount("\"target=/a\"\"b\"").target == "/a\"b");
  CHECK(parsed_mount("target=/a=b").target == "/a=b");
  CHECK(wrong("\"target=/a") == "failed to parse csv mounts: unclosed quote");
  CHECK(wrong("\"target=/a\"b") == "failed to parse csv mounts: text behind a quoted field");
  CHECK(wrong("target=\"/a\"") ==
        "failed to parse csv mounts: bare \" in non-quoted field target=\"/a\"");
  CHECK(wrong("target=/a,") == "invalid field '' must be a key=value pair");
}

TEST_CASE("values are expanded, keys and bare words are not") {
  Mount expanded = parse_mount("source=a,target=b,rw", braces);
  CHECK(expanded.source == "{a}");
  CHECK(expanded.target == "{b}");
  CHECK(!expanded.read_only);
}

TEST_CASE("numbers of a cache are octal modes and decimal ids") {
  Mount cache = parsed_mount("type=cache,target=/c,mode=1777,uid=1000,gid=0");
  CHECK(cache.mode == 01777u);
  CHECK(cache.uid == 1000u);
  CHECK(cache.gid == 0u);
  CHECK(wrong("type=cache,target=/c,mode=0789") == "invalid value 0789 for mode");
  CHECK(wrong("type=cache,target=/c,uid=root") == "invalid value root for uid");
  CHECK(wrong("type=cache,target=/c,gid=4294967296") == "invalid value 4294967296 for gid");
  CHECK(wrong("type=cache,target=/c,gid=") == "invalid value  for gid");
}

TEST_CASE("sharing is one of three words, and only of caches") {
  for (std::string word : {"shared", "private", "locked"}) {
    CHECK(parsed_mount("type=cache,target=/c,sharing=" + word).sharing == word);
  }
  CHECK(parsed_mount("type=cache,target=/c,sharing=LOCKED").sharing == "locked");
  CHECK(wrong("type=cache,target=/c,sharing=lock") ==
        "unsupported sharing value \"lock\" (did you mean locked?)");
  CHECK(wrong("type=secret,id=a,sharing=shared") == "secret mount should not define sharing");
  CHECK(wrong("type=tmpfs,target=/c,sharing=shared") ==
        "invalid cache sharing set for tmpfs mount");
}

TEST_CASE("a secret needs a name, may be required and may become a variable") {
  Mount secret = parsed_mount("type=secret,id=a,required,env=TOKEN,mode=0440");
  CHECK(secret.required);
  CHECK(secret.env == "TOKEN");
  CHECK(secret.mode == 0440u);
  CHECK(!parsed_mount("type=secret,id=a,required=false").required);
  CHECK(wrong("type=secret") == "invalid secret mount. one of source, target required");
  CHECK(wrong("type=secret,target=/x").empty());
  CHECK(wrong("required,type=secret,id=a") == "unexpected key 'required' for mount type 'bind'");
  CHECK(wrong("type=secret,id=a,required=perhaps") == "invalid value for required: perhaps");
}

TEST_CASE("a size is of a tmpfs, and has units") {
  CHECK(parsed_mount("type=tmpfs,target=/t,size=64m").size == 64u << 20);
  CHECK(parsed_mount("type=tmpfs,target=/t,size=100").size == 100u);
  CHECK(wrong("type=tmpfs,target=/t,size=big") == "invalid value for size: big");
  CHECK(wrong("type=cache,target=/t,size=1m") == "unexpected key 'size' for mount type 'cache'");
}

TEST_CASE("ids and modes are not for binds and tmpfs") {
  for (std::string key : {"mode", "uid", "gid"}) {
    CHECK(wrong("target=/x," + key + "=1") == key + " not allowed for \"bind\" type mounts");
    CHECK(wrong("type=tmpfs,target=/x," + key + "=1") ==
          key + " not allowed for \"tmpfs\" type mounts");
    CHECK(wrong("type=ssh," + key + "=1").empty());
  }
}

// E15
TEST_CASE("the type is known in any letter case, and a near miss is named") {
  CHECK(parsed_mount("type=Bind,target=/x").type == MountType::kBind);
  CHECK(parsed_mount("type=TMPFS,target=/x").type == MountType::kTmpfs);
  CHECK(wrong("type=volume,target=/x") == "unsupported mount type \"volume\"");
  CHECK(wrong("type=secrets,id=a") == "unsupported mount type \"secrets\" (did you mean secret?)");
  CHECK(wrong("type=,target=/x").starts_with("unsupported mount type \"\""));
  for (MountType type : {MountType::kBind, MountType::kCache, MountType::kTmpfs, MountType::kSecret,
                         MountType::kSsh}) {
    std::string name(name_of(type));
    CHECK(parsed_mount("type=" + name + ",id=a").type == type);
  }
}

TEST_CASE("the stage a mount takes from is found without expanding anything") {
  CHECK(mount_from("target=/x").empty());
  CHECK(mount_from("FROM=a,target=$X").starts_with("a"));
  CHECK(mount_from("from=a,from=b") == "b");
  CHECK(mount_from("from=a$") == "a$");
  CHECK_THROWS_AS(mount_from("from=a$b"), Error);
  CHECK_THROWS_AS(mount_from("from=${b}"), Error);
}
