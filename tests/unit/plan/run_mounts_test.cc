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
    CHECK_MESSAGE(mounted(t, "target=/t,source=" + std::string(c.written)).source == c.expected,
                  c.written);
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
    CHECK_MESSAGE(mounted(t, c.mount).cache_id == c.id, c.mount);
    t.options.build_args = {{"BUILDKIT_CACHE_MOUNT_NS", "ns"}};
    CHECK_MESSAGE(mounted(t, c.mount).cache_id == std::string("ns/") + c.id, c.mount);
  }
}

TEST_CASE("caches and binds have defaults of their own") {
  PlanTest t;
  RunMount cache = mounted(t, "type=cache,target=/c");
  CHECK(cache.kind == MountKind::kCache);
  CHECK(!cache.from);
  CHECK(!cache.read_only);
  CHECK(cache.mode == 0755u);
  CHECK(cache.sharing == CacheSharing::kShared);
  RunMount bind = mounted(t, "target=/b");
  CHECK(bind.kind == MountKind::kBind);
  CHECK(bind.from);
  CHECK(bind.read_only);
  CHECK(bind.cache_id.empty());
  CHECK(mounted(t, "type=cache,target=/c,sharing=private").sharing == CacheSharing::kPrivate);
}

TEST_CASE("every tree that is mounted is an input once, a cache without a seed is none") {
  PlanTest t;
  Plan plan = t.plan(
      "FROM base AS a\nRUN 1\nFROM base\nRUN --mount=from=a,target=/x --mount=from=a,target=/y "
      "--mount=target=/z --mount=type=cache,target=/c b\n");
  const Vertex& run = plan.vertices.back();
  CHECK(run.inputs.size() == 3);
  const RunOp& op = last<RunOp>(plan);
  CHECK(op.mounts.at(0).from == op.mounts.at(1).from);
  CHECK(op.mounts.at(2).from != op.mounts.at(1).from);
}

TEST_CASE("a mount of the stage itself or of one below is refused") {
  PlanTest t;
  CHECK(t.refused("FROM base AS a\n\nRUN --mount=from=a,target=/x b\n") ==
        "circular dependency detected on stage: a @3");
  CHECK(
      t.refused("FROM base\nRUN --mount=from=z,target=/x b\nFROM base AS z\nCOPY --from=0 / /\n") ==
      "circular dependency detected on stage: stage-0 @2");
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
  CHECK(last<RunOp>(t.plan("FROM base\nRUN --network=host a\n")).network == NetworkMode::kHost);
}
