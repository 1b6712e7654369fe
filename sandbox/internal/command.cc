// SPDX-License-Identifier: Apache-2.0
//
// execve(2) itself is the test: each candidate is tried in the order of PATH, since a look before
// it could be outdated, and a file that may be executed need not be readable. Only after a failure
// the file is looked at, to say why.
#include "sandbox/internal/command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
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

// A relative directory in PATH is skipped: it would depend on the working directory.
std::vector<std::string> candidates(const std::string& name, const std::vector<std::string>& env) {
  if (name.find('/') != std::string::npos) return {name};
  std::vector<std::string> paths;
  for (const std::string& dir : split(path_of(env), ':')) {
    if (dir.starts_with('/')) paths.push_back(fmt::format("{}/{}", dir, name));
  }
  return paths;
}

// Follows symlinks, as execve(2) does.
bool is_file(const std::string& path) {
  struct stat st;
  return ::stat(path.c_str(), &st) == 0 && !S_ISDIR(st.st_mode);
}

std::optional<std::string> interpreter_at(const std::string& path) {
  sys::Fd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  return fd ? interpreter_of(fd) : std::nullopt;
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
  std::optional<Error> refusal;  // for an existing file; the search goes on, as in a shell
  for (const std::string& path : candidates(argv[0], env)) {
    ::execve(path.c_str(), args.data(), variables.data());
    int code = errno;
    // ENOENT for an existing file means that its interpreter is missing.
    if (sys::is_absence(code) && !is_file(path)) continue;
    if (!refusal) refusal = failed(path, code);
    // EACCES alone lets the search go on, as execvp(3) does.
    if (code != EACCES) break;
  }
  throw refusal ? *refusal : not_found(argv[0], env);
}

}  // namespace cairn::sandbox
