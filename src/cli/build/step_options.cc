// SPDX-License-Identifier: Apache-2.0
//
// Grammar and messages are those of docker and buildx. A value is checked here, as text of the
// user; plan and sandbox only see what is valid.
#include "cli/build/step_options.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "sandbox/rlimits.h"

namespace cairn::cli {
namespace {

plan::NetworkMode parse_network(const std::string& text) {
  if (text == "default" || text.empty()) return plan::NetworkMode::kDefault;
  if (text == "host") return plan::NetworkMode::kHost;
  if (text == "none") return plan::NetworkMode::kNone;
  throw Error::of(ErrorKind::kUsage, "--network={}: not one of default, host, none", text);
}

// --- --add-host ---

// An IPv4 or IPv6 address in its usual form; an IPv6 address may be in brackets.
std::optional<std::string> find_address(std::string_view text) {
  if (text.size() > 2 && text.starts_with('[') && text.ends_with(']')) {
    text = text.substr(1, text.size() - 2);
  }
  for (int family : {AF_INET, AF_INET6}) {
    unsigned char address[16];
    char shown[INET6_ADDRSTRLEN];
    if (::inet_pton(family, std::string(text).c_str(), address) != 1) continue;
    return ::inet_ntop(family, address, shown, sizeof shown);
  }
  return std::nullopt;
}

// "host=ip" or "host:ip"; several addresses are separated by commas.
void add_host(const std::string& text, plan::BuildOptions& options) {
  std::size_t at = text.find('=');
  // Prefer '=': an IPv6 address contains colons.
  if (at == std::string::npos) at = text.find(':');
  if (at == std::string::npos || at == 0 || at + 1 == text.size()) {
    throw Error::of(ErrorKind::kUsage, "--add-host {}: not of the form HOST:IP", text);
  }
  std::string host = text.substr(0, at);
  for (const std::string& written : split(text.substr(at + 1), ',')) {
    std::optional<std::string> address =
        written == plan::kHostGateway ? plan::kHostGateway : find_address(written);
    if (!address) {
      // Quote the whole option: a part of a URL would not be recognized and its login not masked.
      throw Error::of(ErrorKind::kUsage, "--add-host {}: what is behind the name is no IP address",
                      text);
    }
    options.extra_hosts.emplace_back(host, *address);
  }
}

// --- --ulimit ---

std::int64_t parse_limit(const std::string& option, const std::string& text) {
  if (text == "-1") return -1;
  std::optional<std::uint64_t> value = parse_uint(text);
  if (value && *value <= INT64_MAX) return static_cast<std::int64_t>(*value);
  throw Error::of(ErrorKind::kUsage, "--ulimit {}: {} is no number", option, go_quote(text));
}

// "nofile=1024" or "nofile=1024:2048"; -1 means unlimited.
plan::Ulimit parse_ulimit(const std::string& text) {
  std::size_t equals = text.find('=');
  if (equals == std::string::npos) {
    throw Error::of(ErrorKind::kUsage, "--ulimit {}: not of the form TYPE=SOFT[:HARD]", text);
  }
  std::string name = text.substr(0, equals);
  if (!sandbox::find_rlimit(name)) {
    throw Error::of(ErrorKind::kUsage, "--ulimit {}: invalid ulimit type {}{}", text, name,
                    did_you_mean(name, sandbox::rlimit_names()));
  }
  std::vector<std::string> limits = split(std::string_view(text).substr(equals + 1), ':');
  if (limits.size() > 2) {
    throw Error::of(ErrorKind::kUsage, "--ulimit {}: too many limit value arguments", text);
  }
  plan::Ulimit limit{.name = std::move(name), .soft = parse_limit(text, limits[0])};
  limit.hard = limits.size() == 2 ? parse_limit(text, limits[1]) : limit.soft;
  if (limit.hard != -1 && (limit.soft == -1 || limit.soft > limit.hard)) {
    throw Error::of(ErrorKind::kUsage,
                    "--ulimit {}: the soft limit must be less than or equal to the hard limit",
                    text);
  }
  return limit;
}

// The last setting of a limit counts.
void add_ulimit(const std::string& text, plan::BuildOptions& options) {
  plan::Ulimit limit = parse_ulimit(text);
  auto same = [&](const plan::Ulimit& other) { return other.name == limit.name; };
  std::erase_if(options.ulimits, same);
  options.ulimits.push_back(std::move(limit));
}

// --- --allow ---

void allow(const std::string& text, plan::Entitlements& allowed) {
  std::string name = text.substr(0, text.find('='));
  if (text == "network.host") {
    allowed.network_host = true;
  } else if (text == "security.insecure") {
    allowed.security_insecure = true;
  } else if (name != "device") {  // accepted, but there are none: a step that asks for one fails
    throw Error::of(ErrorKind::kUsage, "--allow: unknown entitlement {}{}", text,
                    did_you_mean(text, {"network.host", "security.insecure", "device"}));
  }
}

}  // namespace

void read_step_options(const BuildFlags& flags, plan::BuildOptions& options) {
  options.network = parse_network(flags.network);
  for (const std::string& host : flags.add_hosts) add_host(host, options);
  for (const std::string& limit : flags.ulimits) add_ulimit(limit, options);
  for (const std::string& entitlement : flags.allow) allow(entitlement, options.allowed);
  // Choosing the host's network for the whole build also allows it.
  if (options.network == plan::NetworkMode::kHost) options.allowed.network_host = true;
  if (flags.shm_size.empty()) return;
  std::optional<std::uint64_t> size = parse_size(flags.shm_size);
  if (!size) throw Error::of(ErrorKind::kUsage, "--shm-size={} is no size", flags.shm_size);
  options.shm_size = *size;
}

}  // namespace cairn::cli
