// SPDX-License-Identifier: Apache-2.0
//
// A root made of a static busybox, and steps that run in it for real.
#pragma once

#include <fcntl.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/sys/file.h"
#include "base/sys/root_dir.h"
#include "sandbox/launcher.h"

namespace cairn::sandbox::test {

// Made by main, before any thread.
inline const BuilderNamespace* builder = nullptr;
inline const Launcher* launcher = nullptr;

inline const char* kBusybox = "/bin/busybox";

class BusyboxRoot {
 public:
  BusyboxRoot() : dir_("/tmp", "cairn-sandbox-test-") {
    root_ = sys::open_path(dir_.path(), O_RDONLY | O_DIRECTORY);
    sys::chmod_fd(root_, 0755);
    for (const char* dir : {"bin", "dev", "etc", "proc", "sys", "tmp"})
      sys::make_dir_at(root_, dir, 0755);
    sys::Fd program = sys::open_at(root_, "bin/busybox", O_CREAT | O_WRONLY, 0755);
    sys::write_all(program, sys::read_file(kBusybox));
    sys::chmod_fd(program, 0755);
    for (const char* name :
         {"sh", "cat", "ls", "id", "true", "sleep", "stat", "ip", "kill", "hostname", "mount",
          "unshare", "mknod", "chown", "wc", "mkdir", "touch", "rm"}) {
      sys::symlink_at("busybox", root_, ("bin/" + std::string(name)).c_str());
    }
  }
  const std::string& path() const { return dir_.path(); }
  const sys::Fd& fd() const { return root_; }
  sys::MountTree tree() const { return sys::clone_tree(root_, "", sys::Recursive::kNo); }
  void write(const std::string& name, const std::string& text, mode_t mode = 0644) const {
    sys::Fd file = sys::open_at(root_, name.c_str(), O_CREAT | O_WRONLY | O_TRUNC, mode);
    sys::write_all(file, text);
    sys::chmod_fd(file, mode);  // writing takes set-user-id away
  }

 private:
  sys::TempDir dir_;
  sys::Fd root_;
};

inline SandboxSpec shell(const std::string& script) {
  SandboxSpec spec;
  spec.argv = {"/bin/sh", "-c", script};
  spec.env = {"PATH=/bin"};
  return spec;
}

// The number of a process in our own pid namespace, by its pidfd.
inline pid_t pid_of(const sys::Fd& pidfd) {
  std::string info = sys::read_file("/proc/self/fdinfo/" + std::to_string(pidfd.get()));
  return static_cast<pid_t>(std::stol(info.substr(info.find("Pid:") + 4)));
}

struct Result {
  sys::ExitStatus status;
  std::string output;  // standard output and error together
};

inline Result run(const SandboxSpec& spec, sys::MountTree root, std::vector<sys::Fd> mounts = {}) {
  sys::Pipe out = sys::make_pipe();
  StepFds fds;
  fds.root = std::move(root);
  fds.err = sys::duplicate(out.write_end);
  fds.out = std::move(out.write_end);
  fds.mounts = std::move(mounts);
  RunningStep step = launcher->run(spec, std::move(fds));
  Result result;
  result.output = sys::read_all(out.read_end);
  result.status = step.wait();
  return result;
}

inline Result run(const std::string& script, const BusyboxRoot& root) {
  return run(shell(script), root.tree());
}

// A step that fails before its command runs.
inline std::optional<Error> failure(const SandboxSpec& spec, const BusyboxRoot& root) {
  try {
    run(spec, root.tree());
    return std::nullopt;
  } catch (const Error& error) {
    return error;
  }
}

}  // namespace cairn::sandbox::test
