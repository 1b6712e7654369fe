// SPDX-License-Identifier: Apache-2.0
#include "cli/build_parts.h"

#include <thread>

namespace cairn::cli {

BuildParts::BuildParts(Session& session, const BuildFlags& flags)
    : images(session.store(), session.client(), session.display(),
             flags.pull ? source::Pull::kAlways : source::Pull::kWhenMissing),
      agents(open_agents(flags.ssh)),
      web(session.transport(),
          [this](const std::string& id) { return solver::find_secret(shop.lent, id); }),
      shop{.store = session.store(),
           .images = images,
           .launcher = session.launcher(),
           .sink = session.display(),
           .contexts = inputs.contexts,
           .web = &web,
           .jobs = flags.jobs != 0 ? flags.jobs : std::thread::hardware_concurrency(),
           .lent = {read_secrets(flags.secrets), agents.sockets},
           .on_layer = {}},
      fetcher(session, shop) {
  inputs = read_build_inputs(flags, fetcher);
}

}  // namespace cairn::cli
