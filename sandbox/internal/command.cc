// SPDX-License-Identifier: Apache-2.0
#include "sandbox/internal/command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string_view>

#include "base/error.h"
#include "base/sys/fd.h"
#include "base/text.h"
#include "sandbox/interpreter.h"

namespace cairn::sandbox {
namespace {

constexpr std::string_view kDefaultPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

std::string_view path_of(const std::vector<std::string>& env) {
  std::string_view path = kDefaultPath;
  for (std::string_view entry : env) {
    if (entry.starts_with("PATH=")) path = entry.substr(5);
  }
  return path;
}

std::vector<std::string> candidates(const std::string& name, const std::vector<std::string>& env) {
  if (name.find('/') != std::string::npos) return {name};
  std::vector<std::string> paths;
  for (const std::string& dir : split(path_of(env), ':')) {
    if (dir.starts_with('/')) paths.push_back(fmt::format("{}/{}", dir, name));
  }
  return paths;
}

bool is_file(const std::string& path) {
  struct stat st;
  return ::stat(path.c_str(), &st) == 0 && !S_ISDIR(st.st_mode);
}

std::optional<std::string> interpreter_at(const std::string& path) {
  sys::Fd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  return fd ? interpreter_of(fd) : std::nullopt;
}

// An image may offer /proc/self/exe as its /bin/sh, or as the interpreter of a script: that is
// still our own program here, and root of the step could reach the host's file through it
// (CVE-2019-5736). So nothing is executed that lies behind one of the kernel's magic links. Nobody
// else lives in this step yet who could swap the file after the look.
void refuse_magic_links(std::string path) {
  constexpr int kMostInterpreters = 6;  // the kernel follows five
  for (int i = 0; i < kMostInterpreters; ++i) {
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_NO_MAGICLINKS;
    sys::Fd fd(static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how)));
    if (!fd && errno == ELOOP) {
      throw Error::of(ErrorKind::kPolicy, "exec \"{}\": refused, it leads through a link of /proc",
                      path);
    }
    std::optional<std::string> interpreter = fd ? interpreter_at(path) : std::nullopt;
    if (!interpreter || interpreter->empty()) return;
    path = std::move(*interpreter);
  }
}

Error not_found(const std::string& name, const std::vector<std::string>& env) {
  if (name.find('/') != std::string::npos) {
    return Error::from_errno(ENOENT, "exec \"{}\"", name).with_kind(ErrorKind::kStep);
  }
  Error error = Error::from_errno(ENOENT, "exec \"{}\": executable file not found in $PATH", name);
  error.set_kind(ErrorKind::kStep);
  error.set_hint(fmt::format("PATH is {}", path_of(env)));
  return error;
}

Error failed(const std::string& path, int code) {
  Error error = Error::from_errno(code, "exec \"{}\"", path);
  error.set_kind(ErrorKind::kStep);
  std::optional<std::string> interpreter = interpreter_at(path);
  if (code == ENOENT && interpreter) {
    error.set_hint(fmt::format("the file is there, but {} that it needs to run is not in the image",
                               *interpreter));
  } else if (code == EACCES) {
    error.set_hint("the file is not executable for this user, or a directory above it is closed");
  } else if (code == ENOEXEC) {
    error.set_hint(
        "no program of this machine: another architecture, or a script without a #! line");
  }
  return error;
}

}  // namespace

void run_command(const std::vector<std::string>& argv, const std::vector<std::string>& env) {
  std::vector<char*> args = pointers(argv), variables = pointers(env);
  std::optional<Error> refusal;  // of a file that is there; the search goes on, as in a shell
  for (const std::string& path : candidates(argv[0], env)) {
    refuse_magic_links(path);
    ::execve(path.c_str(), args.data(), variables.data());
    int code = errno;
    if ((code == ENOENT || code == ENOTDIR) && !is_file(path)) continue;
    if (!refusal) refusal = failed(path, code);
    if (code != EACCES) break;
  }
  throw refusal ? *refusal : not_found(argv[0], env);
}

}  // namespace cairn::sandbox
