// SPDX-License-Identifier: Apache-2.0
#include "base/sys/process.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "base/error.h"
#include "base/time.h"
#include "tests/support/temp_tree.h"

using namespace cairn;
using cairn::test::TempTree;
using sys::ExitStatus;

namespace {

template <typename Work>
sys::Process child(Work work) {
  pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    work();
    ::_exit(0);
  }
  return sys::Process(pid, sys::open_pidfd(pid));
}

void sleep_for_ever() {
  while (true) ::pause();
}

bool is_reaped(pid_t pid) {
  return ::waitpid(pid, nullptr, WNOHANG) < 0 && errno == ECHILD;
}

}  // namespace

TEST_CASE("an ended child tells its exit code or its signal, never both") {
  CHECK(child([] { ::_exit(7); }).wait() == ExitStatus{.code = 7, .signal = 0});
  CHECK(child([] { ::raise(SIGUSR1); }).wait() == ExitStatus{.code = 0, .signal = SIGUSR1});
  CHECK(child([] {}).wait().ok());
}

TEST_CASE("a shell would call a death by signal 128 and more") {
  CHECK(ExitStatus{.code = 3, .signal = 0}.shell_code() == 3);
  CHECK(ExitStatus{.code = 0, .signal = SIGKILL}.shell_code() == 137);
  CHECK(!ExitStatus{.code = 0, .signal = SIGKILL}.ok());
  CHECK(!ExitStatus{.code = 1, .signal = 0}.ok());
}

TEST_CASE("a child that nobody waited for is killed and reaped") {
  pid_t pid = 0;
  {
    sys::Process process = child(sleep_for_ever);
    pid = process.pid();
    CHECK(::kill(pid, 0) == 0);
  }
  CHECK(is_reaped(pid));
}

TEST_CASE("a handle that is given another child ends the one it had") {
  sys::Process first = child(sleep_for_ever);
  sys::Process second = child(sleep_for_ever);
  pid_t old = first.pid(), kept = second.pid();
  first = std::move(second);
  CHECK(is_reaped(old));
  CHECK(!second);
  CHECK(first.pid() == kept);
  CHECK(::kill(kept, 0) == 0);
}

TEST_CASE(
    "a signal to a child that has ended is no error, and the handle is empty after the wait") {
  sys::Process process = child([] {});
  pollfd ended{process.pidfd().get(), POLLIN, 0};
  CHECK(::poll(&ended, 1, 10'000) == 1);
  process.send(SIGTERM);
  CHECK(process.wait().ok());
  CHECK(!process);
}

TEST_CASE("a waited child tells what it used") {
  rusage usage{};
  sys::Process process = child([] {
    double end = monotonic_seconds() + 0.02;
    while (monotonic_seconds() < end) {
    }
  });
  CHECK(process.wait(&usage).ok());
  CHECK(usage.ru_utime.tv_sec * 1'000'000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec > 0);
  CHECK(usage.ru_maxrss > 0);
}

TEST_CASE("a command gets its input and gives both its outputs apart") {
  auto result = sys::run_command({"sh", "-c", "cat; echo oops >&2; exit 3"}, "given\n");
  CHECK(result.output == "given\n");
  CHECK(result.errors == "oops\n");
  CHECK(result.status == ExitStatus{.code = 3, .signal = 0});
}

TEST_CASE("a command without input sees its end at once") {
  CHECK(sys::run_command({"cat"}).output.empty());
}

TEST_CASE("outputs larger than a pipe are taken while the command writes them") {
  auto result = sys::run_command(
      {"sh", "-c", "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2; echo end"});
  CHECK(result.output.size() == 300'004);
  CHECK(result.errors.size() == 300'000);
}

TEST_CASE("a command that answers while it still has to read is fed to the end") {
  std::string input(1'000'000, 'x');
  CHECK(sys::run_command({"cat"}, input).output == input);
}

TEST_CASE("arguments reach the command as they are") {
  auto result = sys::run_command({"printf", "<%s>", "a b", "", "$HOME", "*"});
  CHECK(result.output == "<a b><><$HOME><*>");
}

TEST_CASE("a command that is not there is an error that names it") {
  try {
    sys::run_command({"/no/such/program"});
    FAIL("it ran");
  } catch (const Error& error) {
    CHECK(error.code() == ENOENT);
    CHECK(error.message().find("/no/such/program") != std::string::npos);
  }
}

TEST_CASE("no descriptor of ours leaks into a command") {
  TempTree tree;
  tree.file("secret");
  sys::Fd open = sys::open_path(tree.at("secret"), O_RDONLY);
  sys::Fd twin = sys::duplicate(open);
  CHECK(sys::run_command({"ls", "-l", "/proc/self/fd"}).output.find("secret") == std::string::npos);
}

TEST_CASE("a program is found in PATH in its order, and only when it can be run") {
  TempTree tree;
  tree.file("a/tool", "", 0644);
  tree.file("b/tool", "", 0755);
  tree.file("c/tool", "", 0755);
  std::string saved = ::getenv("PATH");
  ::setenv("PATH", (tree.at("a") + ":" + tree.at("b") + ":" + tree.at("c")).c_str(), 1);
  CHECK(sys::find_program("tool") == tree.at("b/tool"));
  CHECK(!sys::find_program("other"));
  CHECK(sys::find_program(tree.at("c/tool")) == tree.at("c/tool"));
  CHECK(!sys::find_program(tree.at("a/tool")));
  ::setenv("PATH", saved.c_str(), 1);
}
