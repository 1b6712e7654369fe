// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/text.h"
#include "kernel_support.h"

using namespace cairn;
using namespace cairn::sandbox;
using namespace cairn::sandbox::test;

namespace {

// A step that fails before its command runs.
std::optional<Error> failure(const SandboxSpec& spec, const BusyboxRoot& root) {
  try {
    run(spec, root.tree());
    return std::nullopt;
  } catch (const Error& error) {
    return error;
  }
}

bool gone(pid_t pid) {
  return ::kill(pid, 0) < 0 && errno == ESRCH;
}

}  // namespace

TEST_CASE("a command runs in its root, and its exit code comes back") {
  BusyboxRoot root;
  Result result = run("echo hello; ls /; exit 7", root);
  CHECK(result.output == "hello\nbin\ndev\netc\nproc\nsys\ntmp\n");
  CHECK(result.status == sys::ExitStatus{.code = 7, .signal = 0});
}

TEST_CASE("a command killed by a signal is told from one that exited") {
  BusyboxRoot root;
  // As pid 1 a process is immune to its own SIGKILL, so the one that dies is sent it from here.
  SandboxSpec spec = shell("sleep 100");
  StepFds fds;
  fds.root = root.tree();
  Step step = launcher->run(spec, std::move(fds));
  step.send(SIGKILL);
  CHECK(step.wait() == sys::ExitStatus{.code = 0, .signal = SIGKILL});
}

TEST_CASE("a step is pid 1 and sees no process but its own") {
  BusyboxRoot root;
  CHECK(run("echo $$ /proc/[0-9]*", root).output == "1 /proc/1\n");
}

TEST_CASE("a step has descriptors 0, 1 and 2 and no other") {
  BusyboxRoot root;
  // The fourth is the directory that ls itself reads.
  CHECK(run("ls /proc/self/fd", root).output == "0\n1\n2\n3\n");
}

TEST_CASE("standard input is empty unless given") {
  BusyboxRoot root;
  CHECK(run("cat; echo end", root).output == "end\n");
}

TEST_CASE("signals are as a fresh process expects them, and the umask is 022") {
  BusyboxRoot root;
  SandboxSpec spec = shell("");
  spec.argv = {"cat", "/proc/self/status"};  // a shell would set some of its own
  std::string status = run(spec, root.tree()).output;
  for (const char* line : {"SigBlk:\t0000000000000000\n", "SigIgn:\t0000000000000000\n",
                           "SigCgt:\t0000000000000000\n", "Umask:\t0022\n"}) {
    CHECK(status.find(line) != std::string::npos);
  }
}

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

TEST_CASE("of several settings of a variable a step sees the last") {
  BusyboxRoot root;
  SandboxSpec spec = shell("cat /proc/self/environ");
  spec.env = {"PATH=/bin", "A=1", "AB=2", "HOME=/h", "A=3"};
  std::string env = run(spec, root.tree()).output;
  CHECK(env.find("A=1") == std::string::npos);
  CHECK(env.find("A=3") != std::string::npos);
  CHECK(env.find("AB=2") != std::string::npos);
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

TEST_CASE("a step has its own host name") {
  BusyboxRoot root;
  CHECK(run("hostname", root).output == "buildkitsandbox\n");
}

TEST_CASE("without a network there is only a loopback interface, and it is up") {
  BusyboxRoot root;
  SandboxSpec spec = shell("ls /sys/class/net; ip addr show lo");
  spec.network = NetworkMode::kNone;
  std::string output = run(spec, root.tree()).output;
  CHECK(output.starts_with("lo\n"));
  CHECK(output.find("127.0.0.1/8") != std::string::npos);
  CHECK(output.find("LOOPBACK,UP") != std::string::npos);
}

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

TEST_CASE("a command that is not there, or cannot run, says why") {
  BusyboxRoot root;
  root.write("bin/script", "#!/usr/bin/python3 -u\n", 0755);
  root.write("bin/data", "neither here nor there", 0755);
  root.write("bin/closed", "#!/bin/sh\n", 0644);
  SandboxSpec spec = shell("");
  auto try_command = [&](const char* command) {
    spec.argv = {command};
    std::optional<Error> error = failure(spec, root);
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::kStep);
    return *error;
  };
  CHECK(try_command("nosuch").message() ==
        "exec \"nosuch\": executable file not found in $PATH: No such file or directory");
  CHECK(command_exit_code(try_command("nosuch")) == 127);
  CHECK(try_command("script").hint() ==
        "the file is there, but /usr/bin/python3 that it needs to run is not in the image");
  CHECK(command_exit_code(try_command("/bin/closed")) == 126);
  CHECK(try_command("data").message() == "exec \"/bin/data\": Exec format error");
}

TEST_CASE("an image cannot have our own program executed in it") {
  BusyboxRoot root;
  sys::symlink_at("/proc/self/exe", root.fd(), "bin/self");
  root.write("bin/script", "#!/proc/self/exe\n", 0755);
  root.write("bin/nested", "#! /bin/self -x\n", 0755);
  SandboxSpec spec = shell("");
  for (const char* command : {"/proc/self/exe", "/proc/1/exe", "self", "script", "nested"}) {
    CAPTURE(command);
    spec.argv = {command};
    std::optional<Error> error = failure(spec, root);
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::kPolicy);
  }
}

TEST_CASE("a terminal becomes the step's own") {
  BusyboxRoot root;
  sys::Fd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(master);
  REQUIRE(::unlockpt(master.get()) == 0);
  sys::Fd slave(::ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(slave);
  SandboxSpec spec = shell("[ -t 0 ] && [ -t 1 ] && echo yes >/dev/tty");
  spec.tty = true;
  StepFds fds;
  fds.root = root.tree();
  fds.out = sys::duplicate(slave);
  fds.err = sys::duplicate(slave);
  fds.in = std::move(slave);
  Step step = launcher->run(spec, std::move(fds));
  CHECK(step.wait().ok());
  char text[16] = {};
  CHECK(::read(master.get(), text, sizeof text) == 5);
  CHECK(std::string_view(text) == "yes\r\n");
}

TEST_CASE("the working directory is made when missing, and never lies outside") {
  BusyboxRoot root;
  SandboxSpec spec = shell("pwd; stat -c '%a %u' .");
  spec.cwd = "/srv/app";
  CHECK(run(spec, root.tree()).output == "/srv/app\n755 0\n");
  for (const char* magic :
       {"/proc/self/fd/3", "/proc/self/fd/7", "/proc/1/cwd", "/proc/self/root"}) {
    spec.cwd = magic;
    CHECK(failure(spec, root));
  }
}

TEST_CASE("USER is looked up in the image, with its groups and its home") {
  BusyboxRoot root;
  root.write("etc/passwd", "root:x:0:0::/root:\napp:x:1000:1001::/home/app:\n");
  root.write("etc/group", "app:x:1001:\nweb:x:2000:other,app\n");
  SandboxSpec spec = shell("id -u; id -g; id -G; echo $HOME");
  spec.user = "app";
  if (!maps(builder->uid_map, 1000)) {
    CHECK(failure(spec, root)->message() ==
          "uid 1000 of USER is not among the 1 ids of this build");
    return;
  }
  CHECK(run(spec, root.tree()).output == "1000\n1001\n1001 2000\n/home/app\n");
  spec.user = "app:web";
  CHECK(run(spec, root.tree()).output == "1000\n2000\n2000\n/home/app\n");
  spec.user = "4242";
  CHECK(run(spec, root.tree()).output == "4242\n0\n0\n/\n");
  spec.user = "nobody";
  CHECK(failure(spec, root)->kind() == ErrorKind::kDockerfile);
}

TEST_CASE("another user than root holds no capability") {
  if (!maps(builder->uid_map, 1000)) return;
  BusyboxRoot root;
  SandboxSpec spec = shell("cat /proc/self/status");
  spec.user = "1000";
  CHECK(run(spec, root.tree()).output.find("CapEff:\t0000000000000000") != std::string::npos);
}

TEST_CASE("a limit is set only when asked") {
  BusyboxRoot root;
  SandboxSpec spec = shell("ulimit -n");
  spec.rlimits = {{.resource = RLIMIT_NOFILE, .soft = 77, .hard = 88}};
  CHECK(run(spec, root.tree()).output == "77\n");
}

TEST_CASE("a read-only root is read-only, and its mounts are not") {
  BusyboxRoot root;
  SandboxSpec spec = shell("(: >/new) 2>/dev/null && echo wrong; : >/dev/shm/new");
  spec.read_only_root = true;
  Result result = run(spec, root.tree());
  CHECK(result.output == "");
  CHECK(result.status.ok());
}

TEST_CASE("device nodes of an image are dead") {
  BusyboxRoot root;
  if (builder->identity != Identity::kI0) return;  // others cannot even make one
  sys::make_node_at(root.fd(), "disk", S_IFCHR | 0666, makedev(1, 5));
  CHECK(run("(: </disk) 2>/dev/null && echo open; exit 0", root).output == "");
}

TEST_CASE("what a step leaves running dies with it") {
  BusyboxRoot root;
  Result result = run("sleep 1000 & exit 3", root);
  CHECK(result.status.code == 3);  // and the pipe of its output is closed, or we would hang
}

TEST_CASE("letting go of a step kills it") {
  BusyboxRoot root;
  StepFds fds;
  fds.root = root.tree();
  pid_t pid = 0;
  {
    Step step = launcher->run(shell("sleep 1000"), std::move(fds));
    pid = step.pid();
    CHECK_FALSE(gone(pid));
  }
  CHECK(gone(pid));
}

TEST_CASE("steps run side by side") {
  BusyboxRoot root;
  std::vector<Step> steps;
  for (int i = 0; i < 8; ++i) {
    StepFds fds;
    fds.root = root.tree();
    steps.push_back(launcher->run(shell("exit " + std::to_string(i)), std::move(fds)));
  }
  for (int i = 8; i-- > 0;) CHECK(steps[static_cast<std::size_t>(i)].wait().code == i);
}

TEST_CASE("what a step used is known at its end") {
  BusyboxRoot root;
  StepFds fds;
  fds.root = root.tree();
  Step step = launcher->run(shell("true"), std::move(fds));
  pollfd event{.fd = step.channel().get(), .events = POLLIN, .revents = 0};
  CHECK(::poll(&event, 1, 10000) == 1);
  step.wait();
  REQUIRE(step.usage());
  CHECK(step.usage()->ru_maxrss > 0);
}
