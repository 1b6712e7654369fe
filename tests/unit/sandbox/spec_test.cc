// SPDX-License-Identifier: Apache-2.0
#include "sandbox/spec.h"

#include <doctest/doctest.h>

#include "base/json.h"

using namespace cairn;
using namespace cairn::sandbox;

TEST_CASE("a spec survives the wire, bytes that are no UTF-8 too") {
  SandboxSpec spec{
      .argv = {"/bin/sh", "-c", "echo \xff\xfe"},
      .env = {"A=1", std::string("B=\x80\n", 4), "A=2"},
      .cwd = "/srv",
      .user = "app:web",
      .hostname = "box",
      .network = NetworkMode::kNone,
      .mounts = {{.target = "/cache",
                  .kind = MountKind::kTree,
                  .fd_index = 3,
                  .read_only = false,
                  .tmpfs_size = 0,
                  .tmpfs_mode = 0700},
                 {.target = "/t", .kind = MountKind::kTmpfs, .tmpfs_size = 1ull << 40}},
      .rlimits = {{.resource = 7, .soft = 1024, .hard = UINT64_MAX}},
      .shm_size = 1,
      .insecure = true,
      .tty = true,
      .read_only_root = true};
  CHECK(parse_sandbox_spec(Json::from_cbor(Json::to_cbor(to_json(spec)))) == spec);
}

TEST_CASE("a spec with defaults survives the wire") {
  CHECK(parse_sandbox_spec(to_json(SandboxSpec())) == SandboxSpec());
}
