// SPDX-License-Identifier: Apache-2.0
//
// A socket in front of the client's SSH agent. The step gets this socket instead of the agent's
// own: it can have another owner and mode, it closes with the step, and it forwards two requests
// only, listing keys and signing. Everything else (adding and removing keys, locking, extensions)
// is answered with SSH_AGENT_FAILURE, as in BuildKit.
//
// The protocol is draft-miller-ssh-agent: a length of four bytes, a type of one byte, a body.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/sys/fd.h"

namespace cairn::solver {

class AgentForwarder {
 public:
  // Listens at `path`, which must not exist yet; the caller removes it with its directory. `agent`
  // is the path of the agent's socket. The destructor closes all connections and joins their
  // threads.
  AgentForwarder(const std::string& path, std::string agent);
  ~AgentForwarder();
  AgentForwarder(const AgentForwarder&) = delete;

 private:
  // One client, with a connection of its own to the agent.
  struct Connection {
    Connection(sys::Fd client, const std::string& agent);
    ~Connection();

    sys::Fd client;
    sys::Fd agent;
    std::atomic<bool> done = false;
    std::jthread thread;
  };

  void accept_all();
  void welcome(sys::Fd client);

  std::string agent_;
  sys::Fd listener_;
  std::vector<std::unique_ptr<Connection>> connections_;  // used by thread_ only
  std::jthread thread_;
};

}  // namespace cairn::solver
