// SPDX-License-Identifier: Apache-2.0
//
// The host's own git is used, as there is no image to take one from; its programs and libraries are
// bind-mounted by directory, those that exist. All of git's configuration is passed as GIT_CONFIG_*
// variables: files could be left behind, and other users can read arguments in /proc/PID/cmdline.
// The same URL stays in arguments and repositories wherever its server is: url.X.insteadOf
// translates it.
#include "solver/fetch/git_sandbox.h"

#include <fcntl.h>
#include <sys/mount.h>

#include <cstdlib>

#include "base/base64.h"
#include "base/error.h"
#include "base/logins.h"
#include "base/text.h"

namespace cairn::solver {
namespace {

// Where programs, libraries and CA certificates lie on the distributions we know.
constexpr const char* kHostDirectories[] = {
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix", "/gnu",
    // Only these: the directories above hold private keys too.
    "/etc/ssl/certs", "/etc/pki/ca-trust", "/etc/pki/tls/certs", "/etc/ca-certificates",
    "/etc/alternatives"};
constexpr const char* kHostFiles[] = {"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf"};
constexpr const char* kAgent = "/ssh-agent";
constexpr std::size_t kMaxGitOutput = 64 << 10;  // bytes kept of each of stdout and stderr

// The "https://host/" prefix of a remote, and its host; empty unless the remote is HTTP.
std::pair<std::string, std::string> scope_of(const std::string& remote) {
  if (!remote.starts_with("http://") && !remote.starts_with("https://")) return {};
  std::size_t begin = remote.find("://") + 3;
  std::size_t end = std::min(remote.find('/', begin), remote.size());
  std::string host = remote.substr(begin, end - begin);
  return {remote.substr(0, end) + "/", host.substr(host.rfind('@') + 1)};
}

std::optional<std::string> authorization_by_login(const RemoteUrl& url) {
  std::optional<RemoteUrl::Login> login = url.login();
  if (!login) return std::nullopt;
  return "basic " + encode_base64(login->user + ":" + login->password);
}

// The Authorization header: from the URL's login, else from the build's secrets, where one for this
// host comes first (D05).
std::optional<std::string> authorization(const ClientSecrets& client_secrets,
                                         const RemoteUrl& remote, const std::string& host) {
  if (auto by_login = authorization_by_login(remote)) return by_login;
  for (const std::string& suffix : {"." + host, std::string()}) {
    if (auto header = find_secret(client_secrets, "GIT_AUTH_HEADER" + suffix))
      return std::string(trim(*header));
    if (auto token = find_secret(client_secrets, "GIT_AUTH_TOKEN" + suffix)) {
      return "basic " + encode_base64("x-access-token:" + std::string(trim(*token)));
    }
  }
  return std::nullopt;
}

// libcurl reads http_proxy in lower case only, while Go programs accept HTTP_PROXY. Loopback is
// never proxied.
void use_lower_case_proxy(std::vector<std::string>& env) {
  if (sys::environment_variable("http_proxy").empty() &&
      !sys::environment_variable("HTTP_PROXY").empty()) {
    env.push_back("http_proxy=" + sys::environment_variable("HTTP_PROXY"));
  }
  std::string none = sys::environment_variable("NO_PROXY").empty()
                         ? sys::environment_variable("no_proxy")
                         : sys::environment_variable("NO_PROXY");
  std::erase_if(env, [](const std::string& line) {
    return line.starts_with("no_proxy=") || line.starts_with("NO_PROXY=");
  });
  env.push_back("no_proxy=" + none + (none.empty() ? "" : ",") +
                "localhost,127.0.0.0/8,127.0.0.1,::1");
}

std::string last_words(const std::string& text) {
  std::string_view words = trim(text);
  std::size_t from = words.size() > 800 ? words.find('\n', words.size() - 800) : 0;
  return std::string(words.substr(from == std::string_view::npos ? 0 : from));
}

// "submodule" of "--work-tree /checkout submodule update".
std::string command_of(const std::vector<std::string>& arguments) {
  std::size_t at = 0;
  while (at + 2 < arguments.size() && arguments[at].starts_with('-')) at += 2;
  return arguments.at(at);
}

void make_world_file(const std::string& dir, const char* name, std::string_view text) {
  sys::Fd file = sys::open_path(dir + "/" + name, O_WRONLY | O_CREAT | O_EXCL, 0644);
  sys::write_all(file, text);
  sys::chmod_fd(file, 0644);
}

}  // namespace

GitSandbox::GitSandbox(const RunJob& job, const plan::GitOp& op, const sys::RootDir& checkout,
                       progress::VertexScope& scope)
    : job_(job),
      op_(op),
      checkout_(checkout),
      scope_(scope),
      dir_(job.services.store.tmp_dir(), "git-") {
  sys::make_dirs(dir_.path() + "/repository", 0755);
  // ssh(1) looks up its own user.
  make_world_file(dir_.path(), "passwd", "root:x:0:0:root:/tmp:/bin/sh\n");
  auto agent = job.services.client_secrets.ssh_agents.find("default");
  if (agent != job.services.client_secrets.ssh_agents.end()) {
    agent_.emplace(dir_.path() + "/agent", agent->second);
  }
}

GitRoute GitSandbox::find_route(const RemoteUrl& url, const std::string& text,
                                const source::AddressLimits& limits) const {
  // The op's login is for all of its origin, as environment() says; else the URL's own is taken.
  auto [scope, host] = scope_of(op_.remote.without_login());
  std::optional<std::string> header, own;
  if (!scope.empty() && scope_of(url.without_login()).first == scope) {
    header = authorization(job_.services.client_secrets, op_.remote, host);
  }
  if (!header) header = own = authorization_by_login(url);
  source::GitServer server = job_.services.git_servers->find(url, header, limits, job_.stop);
  GitRoute route{.beyond = server.beyond};
  // Also if it is the same: the longest prefix wins, so that no rule of another URL applies to it.
  route.config.emplace_back("url." + server.url + ".insteadOf", text);
  if (!server.pin.empty()) route.config.emplace_back("http.curloptResolve", server.pin);
  if (own && !server.moved && &url != &op_.remote) {
    route.config.emplace_back("http." + server.url + ".extraheader", "Authorization: " + *own);
  }
  return route;
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
  use_lower_case_proxy(env);
  // In the environment, since other users can read arguments.
  GitConfig config = {
      {"protocol.file.allow", "user"},  // submodules must not read files of this root
      {"http.followRedirects", "false"},
      {"init.defaultBranch", "master"},
      {"advice.detachedHead", "false"},
      {"safe.directory", "*"}};
  auto [scope, host] = scope_of(op_.remote.without_login());
  if (!scope.empty()) {
    if (auto header = authorization(job_.services.client_secrets, op_.remote, host)) {
      config.emplace_back("http." + scope + ".extraheader", "Authorization: " + *header);
    }
  }
  config.insert(config.end(), routes_.begin(), routes_.end());
  if (agent_) env.push_back(fmt::format("SSH_AUTH_SOCK={}", kAgent));
  env.push_back(fmt::format("GIT_CONFIG_COUNT={}", config.size()));
  for (std::size_t i = 0; i < config.size(); ++i) {
    env.push_back(fmt::format("GIT_CONFIG_KEY_{}={}", i, config[i].first));
    env.push_back(fmt::format("GIT_CONFIG_VALUE_{}={}", i, config[i].second));
  }
  return env;
}

std::vector<exec::StepMount> GitSandbox::open_world() const {
  std::vector<exec::StepMount> mounts;
  enum class Access { kReadOnly, kWritable };
  auto add = [&](std::string target, sys::Fd fd, Access access) {
    mounts.push_back({.point = {.target = std::move(target),
                                .kind = sandbox::MountKind::kClone,
                                .read_only = access == Access::kReadOnly},
                      .fd = std::move(fd)});
  };
  for (const char* path : kHostDirectories) {
    if (auto dir = sys::find_path(path, O_PATH | O_DIRECTORY))
      add(path, std::move(*dir), Access::kReadOnly);
  }
  for (const char* path : kHostFiles) {
    if (auto file = sys::find_path(path, O_PATH)) add(path, std::move(*file), Access::kReadOnly);
  }
  add("/etc/passwd", sys::open_path(dir_.path() + "/passwd", O_PATH), Access::kReadOnly);
  if (agent_) add(kAgent, sys::open_path(dir_.path() + "/agent", O_PATH), Access::kWritable);
  add(kRepository, sys::open_path(dir_.path() + "/repository", O_PATH | O_DIRECTORY),
      Access::kWritable);
  add(kCheckout, sys::reopen(checkout_.fd(), O_PATH | O_DIRECTORY), Access::kWritable);
  mounts.push_back(
      {.point = {.target = "/tmp", .kind = sandbox::MountKind::kTmpfs, .read_only = false}});
  return mounts;
}

GitSandbox::Outcome GitSandbox::start(const std::vector<std::string>& arguments) {
  exec::StepSpec spec{
      // This is a fetch by cairn itself, like one by HTTP, so it may reach servers on this host's
      // loopback.
      .network = exec::StepNetwork::kHostClosed,
      .has_etc_files = false,
      .mounts = open_world(),
      .root = sys::new_filesystem("tmpfs", {{"mode", "0755"}, {"size", "1m"}}, MOUNT_ATTR_NOSUID)};
  spec.sandbox.argv = {"git"};
  spec.sandbox.argv.insert(spec.sandbox.argv.end(), arguments.begin(), arguments.end());
  spec.sandbox.env = environment();
  spec.sandbox.cwd = kCheckout;
  Outcome outcome;
  exec::StepEvents events{.output =
                              [&](progress::Stream stream, std::string_view text) {
                                bool is_out = stream == progress::Stream::kStdout;
                                std::string& kept = is_out ? outcome.out : outcome.err;
                                kept += text.substr(
                                    0, kMaxGitOutput - std::min(kMaxGitOutput, kept.size()));
                                if (!is_out) log(text);
                              },
                          .note = [&](const std::string& text) { scope_.warn(text); }};
  auto explain = [](const Error& error) {
    if (error.kind() != ErrorKind::kStep) return;
    throw Error(ErrorKind::kHost, "git cannot be run on this host: " + error.message())
        .with_hint("install the package git");
  };
  amend(explain, [&] {
    outcome.status = job_.run.executor.run(std::move(spec), events, job_.stop).status.shell_code();
    log({}, Flush::kOnly);
  });
  if (job_.asked_to_stop()) throw Error(ErrorKind::kCancelled, "cancelled");
  return outcome;
}

// Shows whole lines only, since a URL may arrive in two pieces. A submodule's URL may hold a login
// too, and git quotes URLs that it cannot reach.
void GitSandbox::log(std::string_view text, Flush flush) {
  if (flush == Flush::kNo) unshown_ += text;
  std::size_t end = unshown_.find_last_of("\r\n");
  std::size_t ready = end == std::string::npos ? 0 : end + 1;
  if (flush == Flush::kOnly || unshown_.size() > kMaxGitOutput) ready = unshown_.size();
  if (ready == 0) return;
  scope_.log(progress::Stream::kStderr, mask_logins(unshown_.substr(0, ready)));
  unshown_.erase(0, ready);
}

std::optional<std::string> GitSandbox::try_run(const std::vector<std::string>& arguments) {
  Outcome outcome = start(arguments);
  if (outcome.status != 0) return std::nullopt;
  return std::move(outcome.out);
}

std::string GitSandbox::run(const std::vector<std::string>& arguments) {
  Outcome outcome = start(arguments);
  if (outcome.status == 0) return std::move(outcome.out);
  throw Error::of(ErrorKind::kRegistry, "{}: git {} failed: {}", op_.remote, command_of(arguments),
                  last_words(outcome.err));
}

}  // namespace cairn::solver
