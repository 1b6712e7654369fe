// SPDX-License-Identifier: Apache-2.0
//
// RUN --mount=type=ssh: a socket that forwards to an agent of the client. If none was given, the
// socket is silently absent, unless the line requires it.
#include <fcntl.h>

#include "base/error.h"
#include "base/sys/ids.h"
#include "solver/run/agent_forwarder.h"
#include "solver/run/mount_types.h"

namespace cairn::solver {
namespace {

// Member order matters: the forwarder is destroyed before its directory.
struct ForwardedAgent {
  ForwardedAgent(const std::string& tmp_dir, const std::string& agent)
      : dir(tmp_dir, "ssh-"), forwarder(dir.path() + "/agent", agent) {}

  sys::TempDir dir;
  AgentForwarder forwarder;
};

}  // namespace

void open_mount(const MountRequest& request, const plan::SshMount& ssh) {
  const auto& agents = request.job.services.client_secrets.ssh_agents;
  auto found = agents.find(ssh.id);
  if (found == agents.end()) {
    if (!ssh.required) return;
    throw Error::of(ErrorKind::kUsage, "no SSH key \"{}\" forwarded from the client", ssh.id)
        .with_hint(fmt::format("give it with --ssh {0}, --ssh {0}=SOCKET or --ssh {0}=KEY", ssh.id))
        .at(request.mount.span);
  }
  auto agent =
      std::make_shared<ForwardedAgent>(request.job.services.store.tmp_dir(), found->second);
  sys::Fd dir = sys::open_path(agent->dir.path(), O_RDONLY | O_DIRECTORY);
  sys::chown_at(dir, "agent", ssh.file.owner);
  sys::chmod_at(dir, "agent", ssh.file.mode);
  request.out.add(request.mount.target, sys::open_at(dir, "agent", O_PATH),
                  sandbox::MountKind::kClone, access_of(request.mount));
  request.out.alive.push_back(std::move(agent));
}

}  // namespace cairn::solver
