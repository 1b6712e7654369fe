// SPDX-License-Identifier: Apache-2.0
//
// The grammar of both options is buildx's. Of several with one id the last counts, so all are
// parsed first and only the last of each id is read. Values stay in memory and go to steps through
// mounts.
#include "cli/build/secrets_and_agents.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>

#include "base/csv.h"
#include "base/error.h"
#include "base/sys/slow_end.h"
#include "base/text.h"

namespace cairn::cli {
namespace {

constexpr std::size_t kMaxSecret = 500 << 10;  // BuildKit's limit
constexpr std::size_t kMaxKey = 100 << 10;

// The user named the file: that it cannot be read is an error of the command line.
void blame_user(Error& error) {
  if (error.kind() != ErrorKind::kCancelled) error.set_kind(ErrorKind::kUsage);
}

// Also reads a FIFO, so that `<(command)` works.
std::string read_lent(const std::string& path, std::size_t limit, const std::stop_token& stop) {
  return amend(blame_user, [&] {
    std::optional<std::string> text = sys::find_file(path, limit, stop);
    if (!text) throw Error::from_errno(ENOENT, "open {}", path);
    return std::move(*text);
  });
}

// --- secrets ---

struct SecretOption {
  std::string id;
  std::string file;
  std::string variable;
};

SecretOption parse_secret(const std::string& text) {
  SecretOption secret;
  bool is_variable = false;
  for (const std::string& field : parse_csv(text, ErrorKind::kUsage, "secret")) {
    std::size_t equals = field.find('=');
    if (equals == std::string::npos) {
      throw Error::of(ErrorKind::kUsage, "--secret {}: invalid field '{}' must be a key=value pair",
                      text, field);
    }
    std::string key = to_lower(field.substr(0, equals));
    std::string value = field.substr(equals + 1);
    if (key == "type") {
      if (value != "file" && value != "env") {
        throw Error::of(ErrorKind::kUsage, "--secret {}: unsupported secret type {}", text,
                        go_quote(value));
      }
      is_variable = value == "env";
    } else if (key == "id") {
      secret.id = value;
    } else if (key == "source" || key == "src") {
      secret.file = value;
    } else if (key == "env") {
      secret.variable = value;
    } else {
      throw Error::of(ErrorKind::kUsage, "--secret {}: unexpected key '{}' in '{}'{}", text, key,
                      field, did_you_mean(key, {"type", "id", "source", "src", "env"}));
    }
  }
  if (secret.id.empty()) throw Error::of(ErrorKind::kUsage, "--secret {}: no id", text);
  // With type=env, "src" names the variable.
  if (is_variable && secret.variable.empty()) std::swap(secret.variable, secret.file);
  return secret;
}

// Without a source, the variable with the secret's name is read, or else the file of that name. An
// unset variable gives an empty secret; a missing file is an error.
std::string read_secret(SecretOption secret, const std::stop_token& stop) {
  if (secret.variable.empty() && secret.file.empty()) {
    (::getenv(secret.id.c_str()) != nullptr ? secret.variable : secret.file) = secret.id;
  }
  if (!secret.variable.empty()) {
    const char* value = ::getenv(secret.variable.c_str());
    return value != nullptr ? value : "";
  }
  return read_lent(secret.file, kMaxSecret, stop);
}

// --- agents ---

struct AgentOption {
  std::string id;
  std::vector<std::string> paths;
};

AgentOption parse_agent(const std::string& text) {
  std::size_t equals = text.find('=');
  AgentOption agent{.id = text.substr(0, equals), .paths = {}};
  if (agent.id.empty()) agent.id = "default";
  if (equals != std::string::npos) agent.paths = split(text.substr(equals + 1), ',');
  // No path, or a single empty one: use the agent of the environment.
  if (agent.paths.size() > 1 || (!agent.paths.empty() && !agent.paths[0].empty())) return agent;
  const char* socket = ::getenv("SSH_AUTH_SOCK");
  if (socket == nullptr || *socket == '\0') {
    throw Error::of(ErrorKind::kUsage, "--ssh {}: no agent is known, SSH_AUTH_SOCK is not set",
                    text)
        .with_hint(fmt::format("start one with eval $(ssh-agent), or name a key: --ssh {}=FILE",
                               agent.id));
  }
  agent.paths = {socket};
  return agent;
}

// A path is an agent's socket or a key, as in buildx; the file itself tells.
bool is_socket(const std::string& path) {
  return amend(blame_user,
               [&] { return S_ISSOCK(sys::stat_of(sys::open_path(path, O_PATH)).st_mode); });
}

void open_agent(const std::string& text, const AgentOption& option, const std::stop_token& stop,
                Agents& agents) {
  std::vector<std::string> sockets, keys;
  for (const std::string& path : option.paths) (is_socket(path) ? sockets : keys).push_back(path);
  if (sockets.size() > 1) {
    throw Error::of(ErrorKind::kUsage, "--ssh {}: only a single socket is allowed", text);
  }
  if (!sockets.empty() && !keys.empty()) {
    throw Error::of(ErrorKind::kUsage, "--ssh {}: invalid combination of keys and sockets", text);
  }
  if (!sockets.empty()) {
    agents.sockets[option.id] = sockets[0];
    return;
  }
  // All keys are read before the agent starts, so a missing file leaves no process behind.
  std::vector<std::string> texts;
  for (const std::string& key : keys) texts.push_back(read_lent(key, kMaxKey, stop));
  auto agent = std::make_unique<SshAgent>();
  for (std::size_t i = 0; i < keys.size(); ++i) agent->add(keys[i], texts[i]);
  agents.sockets[option.id] = agent->socket();
  agents.started.push_back(std::move(agent));
}

}  // namespace

std::map<std::string, std::string> read_secrets(const std::vector<std::string>& options,
                                                const std::stop_token& stop) {
  std::map<std::string, SecretOption> last;  // the last option with an id counts
  for (const std::string& text : options) {
    if (text.empty()) continue;
    SecretOption secret = parse_secret(text);
    last[secret.id] = secret;
  }
  std::map<std::string, std::string> values;
  for (const auto& [id, secret] : last) {
    ErrorContext while_here([&id = id] { return "reading the secret " + id; });
    values[id] = read_secret(secret, stop);
    if (values[id].size() > kMaxSecret) {
      throw Error::of(ErrorKind::kUsage, "secret {} is too big, the limit is {} bytes", id,
                      kMaxSecret);
    }
  }
  return values;
}

Agents open_agents(const std::vector<std::string>& options, const std::stop_token& stop) {
  std::map<std::string, std::pair<std::string, AgentOption>> last;
  for (const std::string& text : options) {
    if (text.empty()) continue;
    AgentOption option = parse_agent(text);
    last[option.id] = {text, option};
  }
  Agents agents;
  for (const auto& [id, option] : last) open_agent(option.first, option.second, stop, agents);
  return agents;
}

}  // namespace cairn::cli
