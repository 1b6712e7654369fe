// SPDX-License-Identifier: Apache-2.0
//
// Real steps: the command, its streams, its user and its surroundings, and its end.
#include <doctest/doctest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kernel_support.h"

using namespace cairn;
using namespace cairn::sandbox;
using namespace cairn::sandbox::test;

namespace {

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
  RunningStep step = launcher->run(spec, std::move(fds));
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

TEST_CASE("of several settings of a variable a step sees the last") {
  BusyboxRoot root;
  SandboxSpec spec = shell("cat /proc/self/environ");
  spec.env = {"PATH=/bin", "A=1", "AB=2", "HOME=/h", "A=3"};
  std::string env = run(spec, root.tree()).output;
  CHECK(env.find("A=1") == std::string::npos);
  CHECK(env.find("A=3") != std::string::npos);
  CHECK(env.find("AB=2") != std::string::npos);
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

TEST_CASE("the streams of a step are its user's") {
  if (!maps(builder->uid_map, 1000)) return;
  BusyboxRoot root;
  SandboxSpec spec = shell("echo one >/dev/stdout; echo two >>/proc/self/fd/2");
  spec.user = "1000:1000";
  CHECK(run(spec, root.tree()).output == "one\ntwo\n");
}

TEST_CASE("a limit that is not allowed becomes the nearest, with one note") {
  BusyboxRoot root;
  rlimit now{};
  ::getrlimit(RLIMIT_NOFILE, &now);
  if (builder->identity == Identity::kI0 || now.rlim_max == RLIM_INFINITY) return;
  SandboxSpec spec = shell("true");
  spec.rlimits = {{.resource = RLIMIT_NOFILE, .soft = 10, .hard = now.rlim_max + 1}};
  for (std::size_t notes : {1, 0}) {
    StepFds fds;
    fds.root = root.tree();
    RunningStep step = launcher->run(spec, std::move(fds));
    CHECK(step.notes().size() == notes);
    CHECK(step.wait().ok());
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
  RunningStep step = launcher->run(spec, std::move(fds));
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

TEST_CASE("a limit is set only when asked") {
  BusyboxRoot root;
  SandboxSpec spec = shell("ulimit -n");
  spec.rlimits = {{.resource = RLIMIT_NOFILE, .soft = 77, .hard = 88}};
  CHECK(run(spec, root.tree()).output == "77\n");
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
    RunningStep step = launcher->run(shell("sleep 1000"), std::move(fds));
    pid = pid_of(step.pidfd());
    CHECK_FALSE(gone(pid));
  }
  CHECK(gone(pid));
}

TEST_CASE("steps run side by side") {
  BusyboxRoot root;
  std::vector<RunningStep> steps;
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
  RunningStep step = launcher->run(shell("true"), std::move(fds));
  pollfd event{.fd = step.channel().get(), .events = POLLIN, .revents = 0};
  CHECK(::poll(&event, 1, 10000) == 1);
  step.wait();
  REQUIRE(step.usage());
  CHECK(step.usage()->ru_maxrss > 0);
}

TEST_CASE("what fails while a step is set up is told with the name of its operation") {
  BusyboxRoot root;
  SandboxSpec spec = shell("true");
  spec.user = "nobody-knows-me";
  std::optional<Error> error = failure(spec, root);
  REQUIRE(error);
  CHECK(error->context() == std::vector<std::string>{"finding the user of the step"});
  spec = shell("true");
  spec.mounts = {{.target = "/proc/x", .kind = MountKind::kTmpfs}};
  error = failure(spec, root);
  REQUIRE(error);
  CHECK(error->context() == std::vector<std::string>{"mounting on /proc/x"});
}

TEST_CASE("a launcher for a rung without a plan refuses every step") {
  BusyboxRoot root;
  Launcher own = Launcher::start(*builder, Isolation::kS3);
  for (int i = 0; i < 2; ++i) {
    StepFds fds;
    fds.root = root.tree();
    CHECK_THROWS_WITH_AS(own.run(shell("true"), std::move(fds)),
                         "steps of isolation S3 have no plan", Error);
  }
}
