// SPDX-License-Identifier: Apache-2.0
//
// U08: what passes between a step and an SSH agent, and what does not.
#include "solver/run/agent_forwarder.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/sys/unix_socket.h"
#include "tests/support/temp_tree.h"

using namespace cairn;
using cairn::solver::AgentForwarder;
using cairn::test::TempTree;

namespace {

std::string message(std::string body) {
  std::string text(4, '\0');
  text[2] = static_cast<char>(body.size() >> 8);
  text[3] = static_cast<char>(body.size());
  return text + body;
}

std::string receive(const sys::Fd& socket, std::size_t size) {
  std::string text(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    auto rest = std::span(text).subspan(have);
    std::size_t count = sys::read_some(socket, std::as_writable_bytes(rest));
    if (count == 0) break;
    have += count;
  }
  text.resize(have);
  return text;
}

std::string make_deep(TempTree& tree) {
  tree.dir(std::string(120, 'd'));
  return tree.root() + "/" + std::string(120, 'd');
}

struct Setup {
  TempTree dir;
  std::string agent_path = make_deep(dir) + "/agent";  // longer than the address of a socket
  sys::Fd listener = sys::listen_unix(agent_path);
  std::optional<AgentForwarder> forwarder{std::in_place, dir.root() + "/step", agent_path};
  sys::Fd client = sys::connect_unix(dir.root() + "/step");
  sys::Fd agent = std::move(*sys::accept_unix(listener));
};

}  // namespace

TEST_CASE("the list of keys and signatures pass, both ways and whole") {
  Setup s;
  for (const std::string& body : {std::string("\x0b"), "\x0d" + std::string(5000, 'k')}) {
    sys::write_all(s.client, message(body));
    CHECK(receive(s.agent, 4 + body.size()) == message(body));
    std::string answer = message("\x0c" + std::string(9000, 'x'));
    sys::write_all(s.agent, answer);
    CHECK(receive(s.client, answer.size()) == answer);
  }
}

TEST_CASE("all else is refused without asking the agent") {
  Setup s;
  for (char type : {1, 17, 18, 19, 20, 21, 22, 23, 25, 26, 27}) {
    sys::write_all(s.client, message(std::string(1, type) + "body"));
    CHECK(receive(s.client, 5) == message("\5"));
  }
  sys::write_all(s.client, message("\x0b"));
  CHECK(receive(s.agent, 5) == message("\x0b"));  // the first that the agent hears of
}

TEST_CASE("a message of no sensible length ends the connection") {
  for (std::string length : {std::string(4, '\0'), std::string("\xff\xff\xff\xff")}) {
    Setup s;
    sys::write_all(s.client, length);
    CHECK(receive(s.client, 1).empty());
  }
}

TEST_CASE("a forwarder that ends takes its connections along") {
  Setup s;
  s.forwarder.reset();
  CHECK(receive(s.client, 1).empty());
  CHECK(receive(s.agent, 1).empty());
  CHECK_THROWS_AS(sys::connect_unix(s.dir.root() + "/step"), Error);
}
