// SPDX-License-Identifier: Apache-2.0
//
// Mounts of RUN as the solver gets them (trap 30): paths made whole, ids and inputs.
#include <doctest/doctest.h>

#include "tests/unit/plan/plan_fixture.h"

using namespace cairn;
using namespace cairn::plan;

namespace {

RunMount mounted(PlanTest& t, const std::string& mount) {
  Plan plan = t.plan("FROM base\nWORKDIR /w\nRUN --mount=" + mount + " a\n");
  return last<RunOp>(plan).mounts.at(0);
}

template <typename What>
What mounted_as(PlanTest& t, const std::string& mount) {
  return std::get<What>(mounted(t, mount).what);
}

}  // namespace

TEST_CASE("targets are absolute and clean, below the working directory when they are relative") {
  struct Case {
    const char* written;
    const char* expected;
  };
  for (const Case& c : std::initializer_list<Case>{{"/a", "/a"},
                                                   {"/a/", "/a"},
                                                   {"a", "/w/a"},
                                                   {"./a/../b", "/w/b"},
                                                   {"../a", "/a"},
                                                   {"../../../a", "/a"},
                                                   {".", "/w"},
                                                   {"/x/../../y", "/y"}}) {
    PlanTest t;
    CHECK_MESSAGE(mounted(t, "target=" + std::string(c.written)).target == c.expected, c.written);
  }
}

TEST_CASE("sources stay inside the tree they are taken from") {
  struct Case {
    const char* written;
    const char* expected;
  };
  for (const Case& c : std::initializer_list<Case>{{"", "/"},
                                                   {"a", "/a"},
                                                   {"/a/b/", "/a/b"},
                                                   {"..", "/"},
                                                   {"../../etc", "/etc"},
                                                   {"a/../../b", "/b"}}) {
    PlanTest t;
    std::string mount = "target=/t,source=" + std::string(c.written);
    CHECK_MESSAGE(mounted_as<BindMount>(t, mount).source == c.expected, c.written);
  }
}

TEST_CASE("no mount may cover the root") {
  for (const char* target : {"/", "/.", "..", "/a/.."}) {
    for (const char* type : {"bind", "cache"}) {
      PlanTest t;
      CHECK(t.refused("FROM base\n\nRUN a\nRUN --mount=type=" + std::string(type) +
                      ",target=" + target + " b\n") == "invalid mount target \"/\" @4");
    }
  }
}

TEST_CASE("a cache is found by its id, which is its target as written unless it is given") {
  struct Case {
    const char* mount;
    const char* id;
  };
  for (const Case& c : std::initializer_list<Case>{{"type=cache,target=/c", "/c"},
                                                   {"type=cache,target=/c/../d/", "/d"},
                                                   {"type=cache,target=c", "c"},
                                                   {"type=cache,target=./c", "c"},
                                                   {"type=cache,id=x/y,target=/c", "x/y"}}) {
    PlanTest t;
    CHECK_MESSAGE(mounted_as<CacheMount>(t, c.mount).id == c.id, c.mount);
    t.options.build_args = {{"BUILDKIT_CACHE_MOUNT_NS", "ns"}};
    CHECK_MESSAGE(mounted_as<CacheMount>(t, c.mount).id == std::string("ns/") + c.id, c.mount);
  }
}

TEST_CASE("caches and binds have defaults of their own") {
  PlanTest t;
  CHECK(!mounted(t, "type=cache,target=/c").read_only);
  CacheMount cache = mounted_as<CacheMount>(t, "type=cache,target=/c");
  CHECK(!cache.from);
  CHECK(!cache.mode);
  CHECK(cache.sharing == CacheSharing::kShared);
  CHECK(mounted(t, "target=/b").read_only);
  CHECK(mounted_as<BindMount>(t, "target=/b").source == "/");
  CHECK(mounted_as<CacheMount>(t, "type=cache,target=/c,sharing=private").sharing ==
        CacheSharing::kPrivate);
}

TEST_CASE("every tree that is mounted is an input once, a cache without a seed is none") {
  PlanTest t;
  Plan plan = t.plan(
      "FROM base AS a\nRUN 1\nFROM base\nRUN --mount=from=a,target=/x --mount=from=a,target=/y "
      "--mount=target=/z --mount=type=cache,target=/c b\n");
  const Vertex& run = plan.vertices.back();
  CHECK(run.inputs.size() == 3);
  const RunOp& op = last<RunOp>(plan);
  CHECK(!tree_of(op.mounts.at(0)));  // in the order of their targets, /c is the first
  CHECK(tree_of(op.mounts.at(1)) == tree_of(op.mounts.at(2)));
  CHECK(tree_of(op.mounts.at(3)) != tree_of(op.mounts.at(2)));
}

TEST_CASE("a mount of the stage itself or of one below is refused") {
  PlanTest t;
  CHECK(t.refused("FROM base AS a\n\nRUN --mount=from=a,target=/x b\n") ==
        "circular dependency detected on stage: a @3");
  CHECK(
      t.refused("FROM base\nRUN --mount=from=z,target=/x b\nFROM base AS z\nCOPY --from=0 / /\n") ==
      "circular dependency detected on stage: stage-0 @2");
}

TEST_CASE("parents are mounted before what lies in them, in whatever order they are written") {
  PlanTest t;  // U04
  RunOp op = last<RunOp>(
      t.plan("FROM base\nRUN --mount=type=tmpfs,target=/a/b/c --mount=type=cache,target=/a "
             "--mount=target=/a/b x\n"));
  std::vector<std::string> targets;
  for (const RunMount& mount : op.mounts) targets.push_back(mount.target);
  CHECK(targets == Lines{"/a", "/a/b", "/a/b/c"});
}

TEST_CASE("a secret has a place, a mode and a variable by simple rules") {  // U07 ⚠32
  struct Case {
    const char* mount;
    const char* id;
    const char* target;  // "" when there is no file
    const char* variable;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"id=token", "token", "/run/secrets/token", ""},
           {"source=token", "token", "/run/secrets/token", ""},
           {"id=a/token", "a/token", "/run/secrets/token", ""},
           {"target=/etc/token", "token", "/etc/token", ""},
           {"target=conf/token", "token", "/w/conf/token", ""},
           {"id=token,target=/x", "token", "/x", ""},
           {"id=token,env=T", "token", "", "T"},
           {"target=/x/token,env=T", "token", "/x/token", "T"},
           {"id=token,env=T,target=/x", "token", "/x", "T"},
       }) {
    CAPTURE(c.mount);
    PlanTest t;
    RunOp op = last<RunOp>(
        t.plan("FROM base\nWORKDIR /w\nRUN --mount=type=secret," + std::string(c.mount) + " a\n"));
    CHECK(op.mounts.empty() == std::string(c.target).empty());
    if (!op.mounts.empty()) {
      CHECK(op.mounts[0].target == c.target);
      CHECK(std::get<SecretMount>(op.mounts[0].what).id == c.id);
    }
    CHECK(op.secret_env.empty() == std::string(c.variable).empty());
    if (!op.secret_env.empty()) {
      CHECK(op.secret_env[0].name == c.variable);
      CHECK(op.secret_env[0].id == c.id);
    }
  }
  PlanTest t;
  SecretMount secret = mounted_as<SecretMount>(t, "type=secret,id=a");
  CHECK(secret.file.mode == 0400u);
  CHECK(!secret.required);
  secret = mounted_as<SecretMount>(t, "type=secret,id=a,required,uid=7,gid=8,mode=741");
  CHECK(secret.file.mode == 0741u);
  CHECK(secret.file.owner.uid == 7u);
  CHECK(secret.file.owner.gid == 8u);
  CHECK(secret.required);
}

TEST_CASE("a variable of a secret is masked in the name of its step") {  // U07 ⚠32
  PlanTest t;
  t.options.build_args = {{"TOKEN", "public"}};
  Plan plan =
      t.plan("FROM base\nARG TOKEN\nRUN --mount=type=secret,id=t,env=TOKEN echo $TOKEN $B\n");
  CHECK(plan.vertices.back().name.ends_with("env=TOKEN echo **** base"));
}

TEST_CASE("an agent's socket is numbered, and the first one is SSH_AUTH_SOCK") {  // U08
  PlanTest t;
  RunOp op = last<RunOp>(t.plan("FROM base\nRUN --mount=type=ssh,id=x --mount=type=ssh a\n"));
  CHECK(op.mounts.at(0).target == "/run/buildkit/ssh_agent.0");
  CHECK(op.mounts.at(1).target == "/run/buildkit/ssh_agent.1");
  CHECK(std::get<SshMount>(op.mounts[0].what).id == "x");
  CHECK(std::get<SshMount>(op.mounts[1].what).id == "default");
  CHECK(std::get<SshMount>(op.mounts[1].what).file.mode == 0600u);
  CHECK(op.env.back() == "SSH_AUTH_SOCK=/run/buildkit/ssh_agent.0");
  op =
      last<RunOp>(t.plan("FROM base\nENV SSH_AUTH_SOCK=/mine\nRUN --mount=type=ssh,target=/s a\n"));
  CHECK(op.mounts.at(0).target == "/s");
  CHECK(op.env.back() == "SSH_AUTH_SOCK=/mine");
  CHECK(t.refused("FROM base\nRUN --mount=type=ssh,source=x a\n") ==
        "ssh does not support source @2");
}

TEST_CASE("an error of a mount points at the mount, on its own line") {
  PlanTest t;
  CHECK(t.refused("FROM base\nRUN --mount=type=cache,target=/a \\\n    --mount=tpye=bind,target=/b "
                  "\\\n    make\n") ==
        "unexpected key 'tpye' in 'tpye=bind' (did you mean type?) @3");
}

TEST_CASE("the network of a RUN is its flag, or the option of the build") {
  PlanTest t;
  t.options.network = NetworkMode::kHost;
  CHECK(last<RunOp>(t.plan("FROM base\nRUN a\n")).network == NetworkMode::kHost);
  CHECK(last<RunOp>(t.plan("FROM base\nRUN --network=none a\n")).network == NetworkMode::kNone);
  CHECK(last<RunOp>(t.plan("FROM base\nRUN --network=default a\n")).network == NetworkMode::kHost);
  t.options.network = NetworkMode::kNone;
  t.options.allowed.network_host = true;
  CHECK(last<RunOp>(t.plan("FROM base\nRUN --network=host a\n")).network == NetworkMode::kHost);
}

TEST_CASE("what leaves the sandbox needs to be allowed, and the refusal names the flag") {  // E24
  PlanTest t;
  for (std::string entitlement : {"network.host", "security.insecure"}) {
    std::string flag = "--" + entitlement;
    flag[flag.find('.')] = '=';
    CHECK(t.refused("FROM base\nRUN a\nRUN " + flag + " b\n") ==
          entitlement + " is not allowed @3");
    CHECK(t.hint == "allow it for this build with --allow " + entitlement);
  }
  t.options.allowed = {.network_host = true, .security_insecure = true};
  RunOp op = last<RunOp>(t.plan("FROM base\nRUN --network=host --security=insecure a\n"));
  CHECK(op.network == NetworkMode::kHost);
  CHECK(op.security == SecurityMode::kInsecure);
}

TEST_CASE("a device is refused unless the step can do without it") {  // U10
  PlanTest t;
  CHECK(t.refused("FROM base\nRUN --device=v.com/d=x a\n").starts_with("device v.com/d=x cannot"));
  CHECK(t.refused("FROM base\nRUN --device=v.com/d=x,required a\n").ends_with("@2"));
  CHECK(t.refused("FROM base\nRUN --device=a,b a\n") ==
        "invalid field 'b' must be a key=value pair @2");
  CHECK(t.refused("FROM base\nRUN --device=a,requird=false a\n") ==
        "unexpected key 'requird' in 'requird=false' (did you mean required?) @2");
  CHECK(t.refused("FROM base\nRUN --device=a,name=b a\n") == "device name already set to a @2");
  Plan plan = t.plan("FROM base\nRUN --device=v.com/d=x,required=false a\n");
  CHECK(plan.warnings == Lines{"Dockerfile:2: device v.com/d=x is not given to the step: cairn has "
                               "no access to devices"});
}

TEST_CASE("limits, shared memory and the host name are those of the build") {
  PlanTest t;  // R07, U13
  t.options.ulimits = {{.name = "nofile", .soft = 10, .hard = 20}};
  t.options.shm_size = 1 << 20;
  t.options.build_args = {{"BUILDKIT_SANDBOX_HOSTNAME", "box"}};
  RunOp op = last<RunOp>(t.plan("FROM base\nRUN a\n"));
  CHECK(op.ulimits.at(0).name == "nofile");
  CHECK(op.shm_size == 1u << 20);
  CHECK(op.hostname == "box");
  t.options = {};
  t.options.build_platform = kAmd64;
  op = last<RunOp>(t.plan("FROM base\nRUN a\n"));
  CHECK(op.ulimits.empty());
  CHECK(op.hostname.empty());
}
