// SPDX-License-Identifier: Apache-2.0
//
// ssh-agent runs in front of a shell that waits on a pipe of ours. The pipe is the lifeline: the
// kernel closes it however we end, and then the shell kills the agent. Keys are passed on stdin and
// never written to a file.
#include "cli/build/ssh_agent.h"

#include <cstdlib>

#include "base/attempt.h"
#include "base/error.h"
#include "base/text.h"

namespace cairn::cli {
namespace {

void check_installed() {
  for (const char* program : {"ssh-agent", "ssh-add"}) {
    if (sys::find_program(program)) continue;
    throw Error::of(ErrorKind::kUsage, "--ssh with a key needs {}, which is not installed", program)
        .with_hint("install openssh-client, or give the socket of an agent that runs already");
  }
}

std::string temporary_directory() {
  const char* dir = ::getenv("TMPDIR");
  return dir != nullptr && *dir != '\0' ? dir : "/tmp";
}

}  // namespace

SshAgent::SshAgent() : dir_((check_installed(), temporary_directory()), "cairn-ssh-") {
  // ssh-agent ends some time after the command it is given: it looks for its parent every ten
  // seconds. So the command waits for the end of our pipe, which also comes when we are killed, and
  // ends the agent itself.
  keeper_ = sys::spawn(
      {"ssh-agent", "-a", socket(), "sh", "-c", "echo ready; cat; kill \"$SSH_AGENT_PID\""});
  char ready;
  if (sys::read_some(keeper_.out, std::as_writable_bytes(std::span(&ready, 1))) > 0) return;
  throw Error::of(ErrorKind::kHost, "ssh-agent does not start: {}",
                  trim(sys::read_all(keeper_.err, 4096)));
}

SshAgent::~SshAgent() {
  keeper_.in.reset();
  if (!keeper_.process) return;
  best_effort([&] { keeper_.process.wait(); });  // it may have ended already
}

// The key goes through stdin, because ssh-add refuses a file that others can read; its mode is not
// our business. SSH_ASKPASS=false makes a key with a passphrase fail instead of asking.
void SshAgent::add(const std::string& name, const std::string& key) const {
  sys::CommandResult result =
      sys::run_command({"env", "SSH_AUTH_SOCK=" + socket(), "SSH_ASKPASS_REQUIRE=force",
                        "SSH_ASKPASS=false", "ssh-add", "-q", "-"},
                       key);
  if (result.status.ok()) return;
  throw Error::of(ErrorKind::kUsage, "--ssh: the key {} cannot be used: {}", name,
                  trim(result.errors))
      .with_hint("a key with a passphrase can be given by the socket of an agent that holds it");
}

}  // namespace cairn::cli
