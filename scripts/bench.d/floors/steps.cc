// SPDX-License-Identifier: Apache-2.0
//
// steps COUNT BASE DIRECTORY: what COUNT times RUN true is to the kernel. Each step is a process in
// fresh user, mount, PID, IPC and UTS namespaces that mounts an overlay on top of all earlier ones
// and /proc in it, makes it its root and executes /bin/sh -c true. Lowest layer is BASE; the others
// are made in DIRECTORY, by short names, since the options of mount(2) are one page.
#include <fcntl.h>
#include <linux/sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "must.h"

namespace {

using floors::must;

void write_to(const std::string& path, const std::string& text) {
  int file = must(open(path.c_str(), O_WRONLY), path.c_str());
  must(write(file, text.data(), text.size()), path.c_str());
  close(file);
}

// Root maps every id, as a builder would; anybody else may map one, their own.
void write_maps(pid_t child) {
  std::string process = "/proc/" + std::to_string(child);
  bool root = geteuid() == 0;
  if (!root) write_to(process + "/setgroups", "deny");
  write_to(process + "/uid_map", root ? "0 0 4294967295" : "0 " + std::to_string(geteuid()) + " 1");
  write_to(process + "/gid_map", root ? "0 0 4294967295" : "0 " + std::to_string(getegid()) + " 1");
}

[[noreturn]] void be_step(int go, const std::string& options) {
  char byte = 0;
  must(read(go, &byte, 1), "read");
  must(mount("overlay", "root", "overlay", 0, options.c_str()), "mount overlay");
  // A user namespace may mount /proc only while it sees one whole, which is that of the host.
  must(mount("proc", "root/proc", "proc", 0, nullptr), "mount proc");
  must(chdir("root"), "chdir");
  must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
  must(umount2(".", MNT_DETACH), "umount2");
  execl("/bin/sh", "sh", "-c", "true", nullptr);
  std::perror("exec");
  _exit(127);
}

void run_step(const std::string& options) {
  int go[2];
  must(pipe2(go, O_CLOEXEC), "pipe2");
  clone_args args = {};
  args.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
  args.exit_signal = SIGCHLD;
  auto child = static_cast<pid_t>(must(syscall(SYS_clone3, &args, sizeof args), "clone3"));
  if (child == 0) be_step(go[0], options);
  write_maps(child);
  must(write(go[1], "x", 1), "write");
  int status = 0;
  must(waitpid(child, &status, 0), "waitpid");
  close(go[0]);
  close(go[1]);
  if (status != 0) std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  must(chdir(argv[3]), argv[3]);
  must(mkdir("root", 0755), "mkdir");
  std::string lowers = argv[2];
  for (int i = 0, count = std::atoi(argv[1]); i < count; ++i) {
    std::string upper = std::to_string(i);
    must(mkdir(upper.c_str(), 0755), "mkdir");
    must(mkdir(("w" + upper).c_str(), 0755), "mkdir");
    run_step("userxattr,volatile,lowerdir=" + lowers + ",upperdir=" + upper + ",workdir=w" + upper);
    lowers = upper + ":" + lowers;
  }
}
