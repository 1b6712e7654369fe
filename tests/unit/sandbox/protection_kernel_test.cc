// SPDX-License-Identifier: Apache-2.0
//
// Real steps that reach for the host: its settings, its devices, its processes, our own program.
#include <doctest/doctest.h>
#include <sys/sysmacros.h>

#include "base/text.h"
#include "kernel_support.h"

using namespace cairn;
using namespace cairn::sandbox;
using namespace cairn::sandbox::test;

TEST_CASE("a step has docker's fourteen capabilities, none of them inheritable") {
  BusyboxRoot root;
  std::string status = run("cat /proc/self/status", root).output;
  auto field = [&](std::string_view name) {
    std::size_t at = status.find(name);
    return std::string(trim(std::string_view(status).substr(at + name.size(), 18)));
  };
  CHECK(field("CapEff:") == "00000000a80425fb");
  CHECK(field("CapPrm:") == "00000000a80425fb");
  CHECK(field("CapBnd:") == "00000000a80425fb");
  CHECK(field("CapInh:") == "0000000000000000");
  CHECK(field("CapAmb:") == "0000000000000000");
  CHECK(field("NoNewPrivs:").starts_with("0"));
  CHECK(field("Seccomp:").starts_with("2"));
}

TEST_CASE("an insecure step has every capability and no filter, whoever runs it") {  // U10
  BusyboxRoot root;
  for (const char* user : {"", "1000"}) {
    if (*user != '\0' && !maps(builder->uid_map, 1000)) continue;
    SandboxSpec spec =
        shell("cat /proc/self/status; unshare -m mount -t tmpfs none /tmp && echo ok");
    spec.user = user;
    spec.insecure = true;
    Result result = run(spec, root.tree());
    auto field = [&](std::string_view name) {
      std::size_t at = result.output.find(name);
      return std::string(trim(std::string_view(result.output).substr(at + name.size(), 18)));
    };
    CHECK(std::stoull(field("CapEff:"), nullptr, 16) >= 0x1ffffffffff);
    CHECK(field("CapBnd:") == field("CapEff:"));
    CHECK(field("Seccomp:").starts_with("0"));
    CHECK(result.output.ends_with("ok\n"));
  }
}

TEST_CASE("uid 0 of a step cannot write the kernel's settings") {
  BusyboxRoot root;
  Result result =
      run("for f in /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches "
          "/proc/sys/kernel/hostname /proc/sysrq-trigger /sys/power/state "
          "/sys/kernel/uevent_helper /sys/kernel/mm/transparent_hugepage/enabled "
          "/sys/fs/cgroup/cgroup.procs /proc/irq/default_smp_affinity; do "
          "[ -e $f ] || continue; (: >$f) 2>/dev/null && echo $f; done; exit 0",
          root);
  CHECK(result.output == "");
}

TEST_CASE("nothing of /proc and /sys outside a step's own processes opens for writing") {
  BusyboxRoot root;
  // Opened for appending, which changes nothing where it is allowed. Any user may open
  // /proc/pressure, to be told of the load.
  Result result =
      run("busybox find /proc /sys -xdev -path '/proc/[0-9]*' -prune -o "
          "-path /proc/pressure -prune -o "
          "-type f -perm -200 -print 2>/dev/null | "
          "while read f; do { true >>$f; } 2>/dev/null && echo $f; done; exit 0",
          root);
  CHECK(result.output == "");
}

TEST_CASE("what tells about the host is masked") {
  BusyboxRoot root;
  Result result =
      run("for f in kcore keys timer_list interrupts; do "
          "[ -e /proc/$f ] && cat /proc/$f | wc -c; done; "
          "for d in /proc/acpi /proc/scsi /sys/firmware; do [ -e $d ] && ls -A $d; done; "
          "exit 0",
          root);
  for (const std::string& line : split(trim(result.output), '\n')) CHECK(line == "0");
}

TEST_CASE("the masks cannot be taken off") {
  BusyboxRoot root;
  CHECK(run("busybox umount /proc/keys", root).status.code == 1);
  CHECK(run("mount -o remount,rw /proc/sys", root).status.code == 1);
  CHECK(run("mount -t proc proc /tmp", root).status.code == 1);
  CHECK(run("unshare -U true", root).status.code == 1);
}

TEST_CASE("/dev has what programs look for, and it works") {
  BusyboxRoot root;
  Result result =
      run("ls /dev; echo x >/dev/null; busybox head -c 3 /dev/zero | wc -c; "
          "busybox head -c 2 /dev/urandom | wc -c; echo y >/dev/stderr; "
          "busybox df -k /dev/shm | busybox tail -n 1 | busybox awk '{print $2}'",
          root);
  CHECK(
      result.output ==
      "core\nfd\nfull\nmqueue\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\n"
      "zero\n3\n2\ny\n65536\n");
}

TEST_CASE("what one step leaves in /dev no other sees") {
  BusyboxRoot root;
  CHECK(run("touch /dev/note /dev/shm/note", root).status.ok());
  CHECK(run("ls /dev/note /dev/shm/note 2>/dev/null", root).output == "");
}

TEST_CASE("an image cannot have our own program executed in it") {
  BusyboxRoot root;
  sys::symlink_at("/proc/self/exe", root.fd(), "bin/self");
  root.write("bin/script", "#!/proc/self/exe\n", 0755);
  root.write("bin/nested", "#! /bin/self -x\n", 0755);
  root.write("bin/secret", "#!/proc/self/exe\n", 0111);  // no look could see what it is
  SandboxSpec spec = shell("");
  for (const char* user : {"", "1000"}) {
    if (*user != '\0' && !maps(builder->uid_map, 1000)) continue;
    spec.user = user;
    for (const char* command :
         {"/proc/self/exe", "/proc/1/exe", "self", "script", "nested", "secret"}) {
      CAPTURE(command);
      spec.argv = {command};
      std::optional<Error> error = failure(spec, root);
      REQUIRE(error);
      CHECK(error->kind() == ErrorKind::kStep);
      CHECK(error->code() == EACCES);
    }
  }
}

TEST_CASE("device nodes can be written, and their inodes not changed, insecure or not") {
  BusyboxRoot root;
  for (bool insecure : {false, true}) {
    // A chmod to what the mode is already: where it is allowed, it changes nothing here.
    SandboxSpec spec = shell(
        "for f in null zero full random urandom tty; do [ -e /dev/$f ] || continue; "
        "mount -o remount,rw,bind /dev/$f 2>/dev/null && echo remounted $f; "
        "busybox chmod 666 /dev/$f 2>/dev/null && echo changed $f; done; "
        "busybox chmod 666 /proc/self/fd/0 2>/dev/null && echo changed stdin; "
        "echo x >/dev/null && echo written");
    spec.insecure = insecure;
    CHECK(run(spec, root.tree()).output == "written\n");
  }
}

TEST_CASE("the control groups of the host are out of sight") {
  BusyboxRoot root;
  // Each hierarchy shows the group that we are in as its root.
  CHECK(run("busybox grep -v ':/$' /proc/self/cgroup; true", root).output == "");
}

TEST_CASE("a device that the kernel refuses to make is known at the end") {
  BusyboxRoot root;
  StepFds fds;
  fds.root = root.tree();
  RunningStep step = launcher->run(
      shell("mknod /tmp/p p; mknod /tmp/w c 0 0; mknod /tmp/x b 7 300; mknod /tmp/y c 1 3"),
      std::move(fds));
  CHECK_FALSE(step.wait().ok());
  CHECK(text(step.refused_nodes()).starts_with("mknod of the block device 7:300 (and of 1 more) "));
}

TEST_CASE("another user than root holds no capability") {
  if (!maps(builder->uid_map, 1000)) return;
  BusyboxRoot root;
  SandboxSpec spec = shell("cat /proc/self/status");
  spec.user = "1000";
  CHECK(run(spec, root.tree()).output.find("CapEff:\t0000000000000000") != std::string::npos);
}

TEST_CASE("device nodes of an image are dead") {
  BusyboxRoot root;
  if (builder->identity != Identity::kI0) return;  // others cannot even make one
  sys::make_node_at(root.fd(), "disk", S_IFCHR | 0666, makedev(1, 5));
  CHECK(run("(: </disk) 2>/dev/null && echo open; exit 0", root).output == "");
}
