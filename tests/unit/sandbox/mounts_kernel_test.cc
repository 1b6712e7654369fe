// SPDX-License-Identifier: Apache-2.0
//
// Real steps and what is mounted in their root.
#include <doctest/doctest.h>

#include "kernel_support.h"

using namespace cairn;
using namespace cairn::sandbox;
using namespace cairn::sandbox::test;

TEST_CASE("a read-only bind cannot be written, a writable one can") {
  BusyboxRoot root, shared;
  shared.write("tmp/text", "from outside");
  SandboxSpec spec = shell(
      "cat /mnt/ro/tmp/text; (echo x >/mnt/ro/new) 2>/dev/null && echo wrong; "
      "echo x >/mnt/rw/new");
  spec.mounts = {
      {.target = "/mnt/ro", .kind = MountKind::kClone, .fd_index = 0},
      {.target = "/mnt/rw", .kind = MountKind::kClone, .fd_index = 0, .read_only = false}};
  std::vector<sys::Fd> mounts;
  mounts.push_back(sys::duplicate(shared.fd()));
  Result result = run(spec, root.tree(), std::move(mounts));
  CHECK(result.output == "from outside");
  CHECK(sys::exists(shared.path() + "/new"));
}

TEST_CASE("a file is bound over a file, through a symlink to nowhere too") {
  BusyboxRoot root;
  sys::symlink_at("../run/resolve/stub.conf", root.fd(), "etc/resolv.conf");
  root.write("tmp/hosts", "127.0.0.1 localhost\n");
  SandboxSpec spec = shell(
      "cat /etc/hosts /run/resolve/stub.conf; (echo x >>/etc/hosts) 2>/dev/null "
      "|| echo refused");
  spec.mounts = {{.target = "/etc/hosts"}, {.target = "/etc/resolv.conf"}};
  std::vector<sys::Fd> mounts;
  mounts.push_back(sys::open_at(root.fd(), "tmp/hosts", O_PATH));
  Result result = run(spec, root.tree(), std::move(mounts));
  CHECK(result.output == "127.0.0.1 localhost\n127.0.0.1 localhost\nrefused\n");
}

TEST_CASE("a tmpfs mount is as large as asked") {
  BusyboxRoot root;
  SandboxSpec spec = shell("busybox df -k /scratch | busybox tail -n 1 | busybox awk '{print $2}'");
  spec.mounts = {{.target = "/scratch", .kind = MountKind::kTmpfs, .tmpfs_size = 1 << 20}};
  CHECK(run(spec, root.tree()).output == "1024\n");
}

TEST_CASE("nothing is mounted inside /proc, and a mount target stays inside the root") {
  BusyboxRoot root;
  SandboxSpec spec = shell("true");
  spec.mounts = {{.target = "/proc/sys", .kind = MountKind::kTmpfs}};
  CHECK(failure(spec, root)->message() == "nothing can be mounted inside /proc: /proc/sys");
  spec.mounts = {{.target = "/../../../escape", .kind = MountKind::kTmpfs}};
  CHECK(run(spec, root.tree()).status.ok());
  CHECK(sys::exists(root.path() + "/escape"));
}

TEST_CASE("an image whose /proc is a symlink is refused") {
  BusyboxRoot root;
  sys::remove_dir_at(root.fd(), "proc");
  sys::symlink_at("/etc", root.fd(), "proc");
  std::optional<Error> error = failure(shell("true"), root);
  REQUIRE(error);
  CHECK(error->message() ==
        "/proc cannot be mounted on: a directory is needed, and it is a symlink");
}

TEST_CASE("a read-only root is read-only, and its mounts are not") {
  BusyboxRoot root;
  SandboxSpec spec = shell("(: >/new) 2>/dev/null && echo wrong; : >/dev/shm/new");
  spec.read_only_root = true;
  Result result = run(spec, root.tree());
  CHECK(result.output == "");
  CHECK(result.status.ok());
}
