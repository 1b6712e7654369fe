// SPDX-License-Identifier: Apache-2.0
//
// One thread accepts, and each client has a thread and an agent connection of its own, as agents
// answer requests of one connection in order. All reads block; shutdown(2) on the sockets is what
// ends them, so destructors shut down before they join. Messages are bounded and parsed no further
// than their type.
#include "solver/run/agent_forwarder.h"

#include <optional>
#include <span>

#include "base/attempt.h"
#include "base/error.h"
#include "base/sys/unix_socket.h"

namespace cairn::solver {
namespace {

constexpr std::size_t kMaxConnections = 64;
constexpr std::uint32_t kMaxMessage = 256 << 10;  // as in OpenSSH
constexpr char kRequestIdentities = 11;
constexpr char kSignRequest = 13;
constexpr std::string_view kFailure("\0\0\0\1\5", 5);  // SSH_AGENT_FAILURE

// False at the end of the stream.
bool read_exactly(const sys::Fd& socket, std::span<char> bytes) {
  while (!bytes.empty()) {
    std::size_t count = sys::read_some(socket, std::as_writable_bytes(bytes));
    if (count == 0) return false;
    bytes = bytes.subspan(count);
  }
  return true;
}

// One message, including its length; nullopt at the end of the stream, or if it is malformed.
std::optional<std::string> read_message(const sys::Fd& socket) {
  std::string message(4, '\0');
  if (!read_exactly(socket, message)) return std::nullopt;
  std::uint32_t length = 0;
  for (char byte : message) length = length << 8 | static_cast<unsigned char>(byte);
  if (length == 0 || length > kMaxMessage) return std::nullopt;
  message.resize(4 + length);
  if (!read_exactly(socket, std::span(message).subspan(4))) return std::nullopt;
  return message;
}

void forward(const sys::Fd& client, const sys::Fd& agent) {
  while (std::optional<std::string> request = read_message(client)) {
    // Never empty: read_message() refuses a length of 0.
    char type = request->at(4);
    if (type != kRequestIdentities && type != kSignRequest) {
      sys::write_all(client, kFailure);
      continue;
    }
    sys::write_all(agent, *request);
    std::optional<std::string> answer = read_message(agent);
    if (!answer) return;
    sys::write_all(client, *answer);
  }
}

}  // namespace

AgentForwarder::Connection::Connection(sys::Fd client_end, const std::string& agent_path)
    : client(std::move(client_end)), agent(sys::connect_unix(agent_path)) {
  thread = std::jthread([this] {
    // If one side hangs up, the other sees the end of the stream.
    best_effort([&] { forward(client, agent); });
    sys::shut_down(client);
    done = true;
  });
}

AgentForwarder::Connection::~Connection() {
  sys::shut_down(client);
  sys::shut_down(agent);
}

AgentForwarder::AgentForwarder(const std::string& path, std::string agent)
    : agent_(std::move(agent)), listener_(sys::listen_unix(path)) {
  thread_ = std::jthread([this] { accept_all(); });
}

AgentForwarder::~AgentForwarder() {
  sys::shut_down(listener_);
  thread_.join();
}

void AgentForwarder::accept_all() {
  bool to_the_end = best_effort([&] {
    while (std::optional<sys::Fd> client = sys::accept_unix(listener_)) welcome(std::move(*client));
  });
  if (!to_the_end) sys::shut_down(listener_);  // out of descriptors: accept no more clients
}

// If the agent cannot be reached, or there are too many clients, the connection is closed at once.
void AgentForwarder::welcome(sys::Fd client) {
  std::erase_if(connections_, [](const auto& connection) { return connection->done.load(); });
  if (connections_.size() >= kMaxConnections) return;
  best_effort(
      [&] { connections_.push_back(std::make_unique<Connection>(std::move(client), agent_)); });
}

}  // namespace cairn::solver
