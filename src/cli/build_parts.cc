// SPDX-License-Identifier: Apache-2.0
#include "cli/build_parts.h"

#include <algorithm>
#include <thread>

namespace cairn::cli {
namespace {

Agents agents_for(Session& session, const std::vector<std::string>& options) {
  if (!options.empty()) session.enter();  // agents of ours have threads
  return open_agents(options);
}

// Steps wait for networks, disks and each other more than they compute, and where they do compute
// the kernel shares the cores out; docker sets no bound at all.
std::size_t default_jobs() {
  return std::max<std::size_t>(8, std::size_t{4} * std::thread::hardware_concurrency());
}

}  // namespace

BuildParts::BuildParts(Session& session, const BuildFlags& flags)
    : images(session.store(), session.client(), session.display(),
             flags.pull ? source::Pull::kAlways : source::Pull::kWhenMissing),
      agents(agents_for(session, flags.ssh)),
      web(session.transport(),
          [this](const std::string& id) { return solver::find_secret(shop.lent, id); }),
      shop{.store = session.store(),
           .images = images,
           .enter =
               [&session] {
                 session.enter();
                 return session.launcher();
               },
           .sink = session.display(),
           .contexts = inputs.contexts,
           .web = &web,
           .jobs = flags.jobs != 0 ? flags.jobs : default_jobs(),
           .lent = {read_secrets(flags.secrets), agents.sockets},
           .on_layer = {}},
      fetcher(session, shop) {
  inputs = read_build_inputs(flags, fetcher);
}

}  // namespace cairn::cli
