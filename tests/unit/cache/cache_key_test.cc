// SPDX-License-Identifier: Apache-2.0
//
// One input changed at a time: every kind that counts gives another key, every kind that does not,
// none.
#include "cache/cache_key.h"

#include <doctest/doctest.h>

#include <functional>
#include <stdexcept>

#include "base/json.h"

using namespace cairn;
using namespace cairn::cache;

namespace {

const StepKey kParent = StepKey::of("parent");

struct RunCase {
  const char* what;
  std::function<void(plan::RunOp&)> change;
  bool counts;
};

plan::RunOp sample_run() {
  plan::RunOp op;
  op.argv = {"/bin/sh", "-c", "make"};
  op.env = {"PATH=/bin", "A=1"};
  op.cwd = "/src";
  op.mounts = {
      {.target = "/bind", .read_only = true, .what = plan::BindMount{.from = {1}, .source = "/s"}},
      {.target = "/cache", .read_only = false, .what = plan::CacheMount{.id = "/cache"}},
      {.target = "/run/agent", .read_only = true, .what = plan::SshMount{.id = "default"}},
      {.target = "/run/secrets/token", .read_only = true, .what = plan::SecretMount{.id = "token"}},
      {.target = "/tmp", .read_only = false, .what = plan::TmpfsMount{}}};
  op.secret_env = {{.name = "TOKEN", .id = "token"}};
  op.ulimits = {{.name = "nofile", .soft = 1024, .hard = 2048}};
  op.extra_hosts = {{"db", "10.0.0.1"}};
  return op;
}

// The mount of a type.
template <typename What>
What& part(plan::RunOp& op) {
  for (plan::RunMount& mount : op.mounts) {
    if (What* what = std::get_if<What>(&mount.what)) return *what;
  }
  throw std::logic_error("no such mount");
}

StepKey key(const plan::RunOp& op, const StepKey& parent = kParent) {
  return run_key(op, parent, {}).step_key();
}

}  // namespace

TEST_CASE("the key of RUN changes with each of its inputs and with nothing else") {
  StepKey before = key(sample_run());
  for (const RunCase& c : {
           RunCase{"command", [](auto& op) { op.argv[2] = "make all"; }, true},
           RunCase{"words split otherwise",
                   [](auto& op) {
                     op.argv = {"/bin/sh", "-cmake"};
                   },
                   true},
           RunCase{"environment", [](auto& op) { op.env[1] = "A=2"; }, true},
           RunCase{"order of the environment", [](auto& op) { std::swap(op.env[0], op.env[1]); },
                   true},
           RunCase{"directory", [](auto& op) { op.cwd = "/"; }, true},
           RunCase{"user", [](auto& op) { op.user = "nobody"; }, true},
           RunCase{"network", [](auto& op) { op.network = plan::NetworkMode::kNone; }, true},
           RunCase{"a mount", [](auto& op) { op.mounts.clear(); }, true},
           RunCase{"security", [](auto& op) { op.security = plan::SecurityMode::kInsecure; }, true},
           RunCase{"the platform", [](auto& op) { op.platform.variant = "v2"; }, true},
           RunCase{"the host name", [](auto& op) { op.hostname = "x"; }, true},
           RunCase{"a limit", [](auto& op) { op.ulimits[0].hard = 4096; }, true},
           RunCase{"no limit", [](auto& op) { op.ulimits.clear(); }, true},
           RunCase{"the size of /dev/shm", [](auto& op) { op.shm_size = 1 << 20; }, true},
           RunCase{"a host's name", [](auto& op) { op.extra_hosts[0].first = "db2"; }, true},
           RunCase{"a script",
                   [](auto& op) {
                     op.script = plan::InlineFile{"/s", "x"};
                   },
                   true},
           RunCase{"a host's address", [](auto& op) { op.extra_hosts[0].second = "::1"; }, false},
           RunCase{"a proxy", [](auto& op) { op.proxy_env = {"http_proxy=x"}; }, false},
       }) {
    CAPTURE(c.what);
    plan::RunOp op = sample_run();
    c.change(op);
    CHECK((key(op) != before) == c.counts);
  }
  CHECK(key(sample_run(), StepKey::of("other parent")) != before);
}

// K02, U05, U07, U08: what a mount is counts, what it gives does not.
TEST_CASE("the key of RUN changes with the definition of each mount") {
  using namespace plan;
  StepKey before = key(sample_run());
  for (const RunCase& c : {
           RunCase{"target of any", [](auto& op) { op.mounts[4].target = "/t"; }, true},
           RunCase{"bind: source", [](auto& op) { part<BindMount>(op).source = "/t"; }, true},
           RunCase{"bind: writable", [](auto& op) { op.mounts[0].read_only = false; }, true},
           RunCase{"bind: tree", [](auto& op) { part<BindMount>(op).from = {2}; }, false},
           RunCase{"cache: its target as id",
                   [](auto& op) { part<CacheMount>(op).id = "ns//cache"; }, true},
           RunCase{"cache: read-only", [](auto& op) { op.mounts[1].read_only = true; }, true},
           RunCase{"cache: mode", [](auto& op) { part<CacheMount>(op).mode = 0700; }, true},
           RunCase{"cache: uid", [](auto& op) { part<CacheMount>(op).uid = 1; }, true},
           RunCase{"cache: gid", [](auto& op) { part<CacheMount>(op).gid = 1; }, true},
           RunCase{"cache: source", [](auto& op) { part<CacheMount>(op).source = "/x"; }, true},
           RunCase{"cache: sharing",
                   [](auto& op) { part<CacheMount>(op).sharing = CacheSharing::kLocked; }, false},
           RunCase{"ssh: id", [](auto& op) { part<SshMount>(op).id = "x"; }, true},
           RunCase{"ssh: required", [](auto& op) { part<SshMount>(op).required = true; }, true},
           RunCase{"ssh: mode", [](auto& op) { part<SshMount>(op).file.mode = 0666; }, true},
           RunCase{"ssh: uid", [](auto& op) { part<SshMount>(op).file.owner.uid = 1; }, true},
           RunCase{"secret: id", [](auto& op) { part<SecretMount>(op).id = "x"; }, true},
           RunCase{"secret: required", [](auto& op) { part<SecretMount>(op).required = true; },
                   true},
           RunCase{"secret: mode", [](auto& op) { part<SecretMount>(op).file.mode = 0444; }, true},
           RunCase{"secret: uid", [](auto& op) { part<SecretMount>(op).file.owner.uid = 1; }, true},
           RunCase{"secret: gid", [](auto& op) { part<SecretMount>(op).file.owner.gid = 1; }, true},
           RunCase{"tmpfs: size", [](auto& op) { part<TmpfsMount>(op).size = 1; }, true},
           RunCase{"variable: name", [](auto& op) { op.secret_env[0].name = "X"; }, true},
           RunCase{"variable: id", [](auto& op) { op.secret_env[0].id = "x"; }, true},
           RunCase{"variable: required", [](auto& op) { op.secret_env[0].required = true; }, true},
       }) {
    CAPTURE(c.what);
    RunOp op = sample_run();
    c.change(op);
    CHECK((key(op) != before) == c.counts);
  }
}

TEST_CASE("a cache that was given an id keeps its key under another") {
  auto key_with_id = [](const std::string& id) {
    plan::RunOp op = sample_run();
    auto& cache = part<plan::CacheMount>(op);
    cache.id = id;
    cache.id_is_target = false;
    return key(op);
  };
  CHECK(key_with_id("a") == key_with_id("b"));
  CHECK(key_with_id("/cache") != key(sample_run()));
}

TEST_CASE("the key of COPY is content, destination, mode and owner") {
  plan::CopyOp op;
  op.dest = "/app/";
  SelectedContent content{.name = "f", .digest = Digest::of("f")};
  auto digest = [&] { return copy_key(op, kParent, {content}).step_key(); };
  StepKey before = digest();
  CHECK(digest() == before);
  content.name = "g";
  CHECK(digest() != before);
  content = {.name = "f", .digest = Digest::of("other")};
  CHECK(digest() != before);
  content.digest = Digest::of("f");
  op.chmod = ModeChange::parse("644");
  CHECK(digest() != before);
  op.chmod.reset();
  op.link = true;  // C19: what lies below keeps no say
  CHECK(digest() != before);
  op.link = false;
  content.unpack = true;
  CHECK(digest() != before);
  content.unpack = false;
  op.sources = {{.path = "./f"}};  // how it was written does not matter, what it found does
  CHECK(digest() == before);
  op.chown = "1:1";
  CHECK(digest() != before);
}

// K10, W02
TEST_CASE("the key of WORKDIR is its path, the user and what it stands on") {
  plan::WorkdirOp op{.path = "/w", .user = "ann"};
  StepKey before = workdir_key(op, kParent).step_key();
  CHECK(workdir_key(op, StepKey::of("other parent")).step_key() != before);
  CHECK(workdir_key({.path = "/v", .user = "ann"}, kParent).step_key() != before);
  CHECK(workdir_key({.path = "/w", .user = ""}, kParent).step_key() != before);
  CHECK(workdir_key({.path = "/w", .user = "ann", .epoch = Timestamp{.seconds = 1}}, kParent)
            .step_key() != before);
}

// K11
TEST_CASE("a remote file is its bytes, name and date, wherever it came from") {
  plan::HttpOp op{.url = "http://here/f", .filename = "f"};
  Digest content = Digest::of("f");
  StepKey before = http_key(op, content, "1").step_key();
  CHECK(http_key(op, Digest::of("g"), "1").step_key() != before);
  CHECK(http_key(op, content, "2").step_key() != before);
  op.filename = "g";
  CHECK(http_key(op, content, "1").step_key() != before);
  op = {.url = "http://there/f", .filename = "f"};
  CHECK(http_key(op, content, "1").step_key() == before);
}

// K11
TEST_CASE("a checkout is its commit and what is taken of it") {
  struct Case {
    const char* what;
    std::function<void(plan::GitOp&)> change;
    bool counts;
  };
  const plan::GitOp sample{.remote = "https://here/r.git", .ref = "v1"};
  StepKey before = git_key(sample, "c0").step_key();
  CHECK(git_key(sample, "c1").step_key() != before);
  for (const Case& c : {
           Case{"the repository", [](auto& op) { op.remote = "https://there/r.git"; }, false},
           Case{"a login", [](auto& op) { op.remote = "https://u:p@here/r.git"; }, false},
           Case{"the name of the commit", [](auto& op) { op.ref = "main"; }, false},
           Case{"a checksum", [](auto& op) { op.checksum = "c0"; }, false},
           Case{"a directory of it", [](auto& op) { op.subdir = "d"; }, true},
           Case{"with .git", [](auto& op) { op.keep_git_dir = true; }, true},
           Case{"without submodules", [](auto& op) { op.submodules = false; }, true},
           Case{"its times", [](auto& op) { op.commit_time = true; }, true},
       }) {
    CAPTURE(c.what);
    plan::GitOp op = sample;
    c.change(op);
    CHECK((git_key(op, "c0").step_key() != before) == c.counts);
  }
}

// K01: what it takes, and from what; not how the sources' content came about.
TEST_CASE("the definition of COPY is all of its line and the keys of its sources") {
  struct Case {
    const char* what;
    std::function<void(plan::CopyOp&)> change;
  };
  const plan::CopyOp sample{.sources = {{.from = {1}, .path = "/f"}}, .dest = "/app/"};
  const std::vector<StepKey> sources = {StepKey::of("source")};
  auto definition = [&](const plan::CopyOp& op) {
    return copy_definition_key(op, kParent, sources).step_key();
  };
  StepKey before = definition(sample);
  CHECK(copy_definition_key(sample, StepKey::of("other"), sources).step_key() != before);
  CHECK(copy_definition_key(sample, kParent, {StepKey::of("other")}).step_key() != before);
  for (const Case& c : {
           Case{"path", [](auto& op) { op.sources[0].path = "/g"; }},
           Case{"where parents begin", [](auto& op) { op.sources[0].below = "g"; }},
           Case{"unpack", [](auto& op) { op.sources[0].unpack = true; }},
           Case{"destination", [](auto& op) { op.dest = "/app"; }},
           Case{"mode",
                [](auto& op) { op.chmod_text = "644", op.chmod = ModeChange::parse("644"); }},
           Case{"owner", [](auto& op) { op.chown = "1:1"; }},
           Case{"exclude", [](auto& op) { op.exclude = {"*.md"}; }},
           Case{"link", [](auto& op) { op.link = true; }},
       }) {
    CAPTURE(c.what);
    plan::CopyOp op = sample;
    c.change(op);
    CHECK(definition(op) != before);
  }
}

TEST_CASE("the digest of a key is what stores of earlier versions have") {
  CacheKey k;
  k.add("op", "run");
  k.add("env", "A=1");
  CHECK(k.step_key().str() ==
        "sha256:c81efefceaf030b23a7e06dd146037d9650a37c591efba054dcc0f3293f17649");
}

TEST_CASE("fields do not run into each other") {
  CacheKey one, two;
  one.add("ab", "c");
  two.add("a", "bc");
  CHECK(one.step_key() != two.step_key());
}

TEST_CASE("the key of a checkout with .git holds no login") {
  plan::GitOp op{.remote = "https://here/r.git", .ref = "v1", .keep_git_dir = true};
  StepKey before = git_key(op, "c0").step_key();
  op.remote = "https://u:p@here/r.git";
  CHECK(git_key(op, "c0").step_key() == before);
}
