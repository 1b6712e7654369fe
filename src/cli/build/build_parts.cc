// SPDX-License-Identifier: Apache-2.0
//
// The order of the members is the order of their making: agents before anything that has threads,
// and the inputs last, because reading them may already need images, secrets and the solver.
// `services` borrows the other members, `inputs.contexts` among them, before they are filled.
#include "cli/build/build_parts.h"

#include <algorithm>
#include <thread>

namespace cairn::cli {
namespace {

Agents agents_for(Session& session, const std::vector<std::string>& options) {
  if (!options.empty()) session.enter_namespaces();  // our agents would come with threads
  return open_agents(options, session.stop());
}

// Steps wait for networks, disks and each other more than they compute, and while they compute, the
// kernel shares the cores. docker sets no bound at all.
std::size_t default_jobs() {
  return std::max<std::size_t>(8, std::size_t{4} * std::thread::hardware_concurrency());
}

// The registries the result goes to, to which --creds is then limited. A build that pushes nothing
// uses --creds for its base images.
std::vector<std::string> registries_pushed_to(const BuildInputs& inputs) {
  std::vector<std::string> registries;
  for (const output::OutputSpec& spec : inputs.outputs) {
    if (!spec.push) continue;
    for (const oci::Reference& name : inputs.names) registries.push_back(name.registry);
    for (const oci::Reference& name : spec.names) registries.push_back(name.registry);
  }
  return registries;
}

solver::StepEnvironment step_environment(Session& session, solver::StepsNeed need) {
  sandbox::Networks* networks = need == solver::StepsNeed::kNetwork ? session.connect() : nullptr;
  return {session.enter_namespaces().builder(), session.make_executor(networks)};
}

}  // namespace

BuildParts::BuildParts(Session& session, const BuildFlags& flags)
    : images(session.store(), session.client(), session.progress(),
             flags.pull ? source::Pull::kAlways : source::Pull::kWhenMissing),
      local_cache(session.store()),
      cache(local_cache),
      agents(agents_for(session, flags.ssh)),
      web(session.transport(),
          [this](const std::string& id) {
            return solver::find_secret(services.client_secrets, id);
          }),
      git_servers(session.transport()),
      services{.store = session.store(),
               .cache = cache,
               .snapshotter = session.snapshotter(),
               .images = images,
               .enter_namespaces =
                   [&session](solver::StepsNeed need) { return step_environment(session, need); },
               .sink = session.progress(),
               .contexts = inputs.contexts,
               .web = &web,
               .git_servers = &git_servers,
               .jobs = flags.jobs != 0 ? flags.jobs : default_jobs(),
               .client_secrets = {read_secrets(flags.secrets, session.stop()), agents.sockets},
               .on_target_layer = {}},
      fetcher(session, services) {
  inputs = read_build_inputs(flags, fetcher, session.settings().root);
  session.keep_login_to(registries_pushed_to(inputs));
}

}  // namespace cairn::cli
