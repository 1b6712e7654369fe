// SPDX-License-Identifier: Apache-2.0
#include "solver/git_sandbox.h"

#include <fcntl.h>
#include <sys/mount.h>

#include <cstdlib>

#include "base/base64.h"
#include "base/error.h"
#include "base/text.h"
#include "solver/step_output.h"

namespace cairn::solver {
namespace {

// Where programs, their libraries and the authorities of TLS lie on the hosts we know.
constexpr const char* kHostDirectories[] = {
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix", "/gnu",
    // Not the directories above these, which hold private keys as well.
    "/etc/ssl/certs", "/etc/pki/ca-trust", "/etc/pki/tls/certs", "/etc/ca-certificates",
    "/etc/alternatives"};
constexpr const char* kHostFiles[] = {"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf"};
constexpr const char* kAgent = "/ssh-agent";
constexpr std::size_t kMaxWords = 64 << 10;  // of what git says, kept for messages and answers

// "https://host" of a remote, and its host; empty for what is not HTTP.
std::pair<std::string, std::string> scope_of(const std::string& remote) {
  if (!remote.starts_with("http://") && !remote.starts_with("https://")) return {};
  std::size_t begin = remote.find("://") + 3;
  std::size_t end = std::min(remote.find('/', begin), remote.size());
  std::string host = remote.substr(begin, end - begin);
  return {remote.substr(0, end) + "/", host.substr(host.rfind('@') + 1)};
}

// The header that the build's secrets say, for this host first (D05).
std::optional<std::string> authorization(const Lent& lent, const std::string& host) {
  for (const std::string& suffix : {"." + host, std::string()}) {
    if (auto header = find_secret(lent, "GIT_AUTH_HEADER" + suffix))
      return std::string(trim(*header));
    if (auto token = find_secret(lent, "GIT_AUTH_TOKEN" + suffix)) {
      return "basic " + encode_base64("x-access-token:" + std::string(trim(*token)));
    }
  }
  return std::nullopt;
}

std::string last_words(const std::string& text) {
  std::string_view words = trim(text);
  std::size_t from = words.size() > 800 ? words.find('\n', words.size() - 800) : 0;
  return std::string(words.substr(from == std::string_view::npos ? 0 : from));
}

void make_world_file(const std::string& dir, const char* name, std::string_view text) {
  sys::Fd file = sys::open_path(dir + "/" + name, O_WRONLY | O_CREAT | O_EXCL, 0644);
  sys::write_all(file, text);
  sys::chmod_fd(file, 0644);
}

}  // namespace

GitSandbox::GitSandbox(const Job& job, const plan::GitOp& op, const sys::RootDir& checkout,
                       progress::VertexScope& scope)
    : job_(job),
      op_(op),
      checkout_(checkout),
      scope_(scope),
      dir_(job.shop.store.tmp_dir(), "git-") {
  sys::make_dirs(dir_.path() + "/repository", 0755);
  // ssh asks who it is.
  make_world_file(dir_.path(), "passwd", "root:x:0:0:root:/tmp:/bin/sh\n");
  auto agent = job.shop.lent.ssh_agents.find("default");
  if (agent != job.shop.lent.ssh_agents.end()) {
    agent_.emplace(dir_.path() + "/agent", agent->second);
  }
}

std::vector<std::string> GitSandbox::environment() const {
  std::vector<std::string> env = {
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "HOME=/tmp",
      "LC_ALL=C",
      "GIT_TERMINAL_PROMPT=0",
      "GIT_CONFIG_NOSYSTEM=1",
      "GIT_CONFIG_GLOBAL=/dev/null",
      "GIT_SSH_COMMAND=ssh -F /dev/null -o StrictHostKeyChecking=no"};
  for (const char* name : {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy",
                           "https_proxy", "no_proxy", "all_proxy"}) {
    if (const char* value = ::getenv(name)) env.push_back(fmt::format("{}={}", name, value));
  }
  // By the environment, since arguments can be read by others.
  std::vector<std::pair<std::string, std::string>> config = {
      {"protocol.file.allow", "user"},  // no submodule may come from this root
      {"init.defaultBranch", "master"},
      {"advice.detachedHead", "false"},
      {"safe.directory", "*"}};
  auto [scope, host] = scope_of(op_.remote);
  if (!scope.empty()) {
    if (auto header = authorization(job_.shop.lent, host)) {
      config.emplace_back("http." + scope + ".extraheader", "Authorization: " + *header);
    }
  }
  if (agent_) env.push_back(fmt::format("SSH_AUTH_SOCK={}", kAgent));
  env.push_back(fmt::format("GIT_CONFIG_COUNT={}", config.size()));
  for (std::size_t i = 0; i < config.size(); ++i) {
    env.push_back(fmt::format("GIT_CONFIG_KEY_{}={}", i, config[i].first));
    env.push_back(fmt::format("GIT_CONFIG_VALUE_{}={}", i, config[i].second));
  }
  return env;
}

sandbox::StepFds GitSandbox::open_world(sandbox::SandboxSpec& spec) {
  sandbox::StepFds fds;
  fds.root = sys::new_filesystem("tmpfs", {{"mode", "0755"}, {"size", "1m"}}, MOUNT_ATTR_NOSUID);
  auto add = [&](std::string target, sys::Fd fd, bool read_only) {
    spec.mounts.push_back({.target = std::move(target),
                           .kind = sandbox::MountKind::kClone,
                           .fd_index = fds.mounts.size(),
                           .read_only = read_only});
    fds.mounts.push_back(std::move(fd));
  };
  for (const char* path : kHostDirectories) {
    if (auto dir = sys::find_path(path, O_PATH | O_DIRECTORY)) add(path, std::move(*dir), true);
  }
  for (const char* path : kHostFiles) {
    if (auto file = sys::find_path(path, O_PATH)) add(path, std::move(*file), true);
  }
  add("/etc/passwd", sys::open_path(dir_.path() + "/passwd", O_PATH), true);
  if (agent_) add(kAgent, sys::open_path(dir_.path() + "/agent", O_PATH), false);
  add(kRepository, sys::open_path(dir_.path() + "/repository", O_PATH | O_DIRECTORY), false);
  add(kCheckout, sys::reopen(checkout_.fd(), O_PATH | O_DIRECTORY), false);
  spec.mounts.push_back({.target = "/tmp", .kind = sandbox::MountKind::kTmpfs, .read_only = false});
  return fds;
}

GitSandbox::Outcome GitSandbox::start(const std::vector<std::string>& arguments) {
  sandbox::SandboxSpec spec;
  spec.argv = {"git"};
  spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
  spec.env = environment();
  spec.cwd = kCheckout;
  sandbox::StepFds fds = open_world(spec);
  sys::Pipe out = sys::make_pipe(), err = sys::make_pipe();
  fds.in = sys::open_path("/dev/null", O_RDONLY);
  fds.out = std::move(out.write_end);
  fds.err = std::move(err.write_end);
  Outcome outcome;
  try {
    sandbox::Step step = job_.shop.launcher->run(spec, std::move(fds));
    std::stop_callback kill(job_.stop, [&step] { step.kill(); });
    forward_output(std::move(out.read_end), std::move(err.read_end),
                   [&](progress::Stream stream, std::string_view text) {
                     bool is_out = stream == progress::Stream::kStdout;
                     std::string& kept = is_out ? outcome.out : outcome.err;
                     kept += text.substr(0, kMaxWords - std::min(kMaxWords, kept.size()));
                     if (!is_out) scope_.log(stream, text);
                   });
    outcome.status = step.wait().shell_code();
  } catch (Error& error) {
    if (error.kind() != ErrorKind::kStep) throw;
    throw Error(ErrorKind::kHost, "git cannot be run on this host: " + error.message())
        .with_hint("install the package git");
  }
  if (job_.asked_to_stop()) throw Error(ErrorKind::kCancelled, "cancelled");
  return outcome;
}

std::optional<std::string> GitSandbox::try_run(const std::vector<std::string>& arguments) {
  Outcome outcome = start(arguments);
  if (outcome.status != 0) return std::nullopt;
  return std::move(outcome.out);
}

std::string GitSandbox::run(const std::vector<std::string>& arguments) {
  Outcome outcome = start(arguments);
  if (outcome.status == 0) return std::move(outcome.out);
  throw Error::of(ErrorKind::kRegistry, "{}: git {} failed: {}", op_.remote, arguments.at(0),
                  last_words(outcome.err));
}

}  // namespace cairn::solver
