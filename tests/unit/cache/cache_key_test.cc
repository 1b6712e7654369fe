// SPDX-License-Identifier: Apache-2.0
//
// One input changed at a time: every kind that counts gives another key, every kind that does not,
// none.
#include "cache/cache_key.h"

#include <doctest/doctest.h>

#include <functional>

#include "base/json.h"

using namespace cairn;
using namespace cairn::cache;

namespace {

const Digest kParent = Digest::of("parent");

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
  plan::RunMount mount;
  mount.kind = plan::MountKind::kCache;
  mount.target = "/cache";
  mount.cache_id = "/cache";
  op.mounts = {mount};
  op.extra_hosts = {{"db", "10.0.0.1"}};
  return op;
}

Digest key(const plan::RunOp& op, const Digest& parent = kParent) {
  return run_key(op, oci::Platform::parse("linux/amd64"), parent, {}).digest();
}

}  // namespace

TEST_CASE("the key of RUN changes with each of its inputs and with nothing else") {
  Digest before = key(sample_run());
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
           RunCase{"a cache id", [](auto& op) { op.mounts[0].cache_id = "x"; }, true},
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
  CHECK(key(sample_run(), Digest::of("other parent")) != before);
}

TEST_CASE("the key of COPY is content, destination, mode and owner") {
  plan::CopyOp op;
  op.dest = "/app/";
  SelectedContent content{.name = "f", .digest = Digest::of("f")};
  auto digest = [&] { return copy_key(op, kParent, "0:0", {content}).digest(); };
  Digest before = digest();
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
  CHECK(copy_key(op, kParent, "1:1", {content}).digest() != before);
}

TEST_CASE("inputs are kept by name, so that a miss can be explained") {
  CacheKey k;
  k.add("op", "run");
  k.add("env", "A=1");
  CHECK(canonical(k.to_json()) == R"([["op","run"],["env","A=1"]])");
}

TEST_CASE("fields do not run into each other") {
  CacheKey one, two;
  one.add("ab", "c");
  two.add("a", "bc");
  CHECK(one.digest() != two.digest());
}
