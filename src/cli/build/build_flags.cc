// SPDX-License-Identifier: Apache-2.0
//
// Declares each option with its help text. Grouped by what it is about, which is the order of
// `cairn help build`. Nothing is interpreted here: build_inputs.cc and step_options.cc do that, so
// that a wrong value has one place to fail.
#include "cli/build/build_flags.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

namespace cairn::cli {
namespace {

enum class Takes { kNothing, kValue };

// Flags that other builders know and that have no effect here. A script that uses them still works,
// and a note says so.
struct Accepted {
  const char* name;
  Takes takes;
  const char* reason;
};

constexpr Accepted kAccepted[] = {
    {"--rm", Takes::kNothing, "steps leave no containers behind"},
    {"--force-rm", Takes::kNothing, "steps leave no containers behind"},
    {"--compress", Takes::kNothing, "there is no daemon to send the context to"},
    {"--disable-content-trust", Takes::kNothing, "content trust is not used"},
    {"--layers", Takes::kNothing, "layers are always cached"},
    {"--builder", Takes::kValue, "there is one builder"},
    {"--provenance", Takes::kValue, "attestations are not made"},
    {"--sbom", Takes::kValue, "attestations are not made"},
    {"--attest", Takes::kValue, "attestations are not made"},
    {"--cgroup-parent", Takes::kValue, "steps stay in the caller's control group"},
    {"--memory", Takes::kValue, "steps run without limits of their own"},
    {"--memory-swap", Takes::kValue, "steps run without limits of their own"},
    {"--cpu-period", Takes::kValue, "steps run without limits of their own"},
    {"--cpu-quota", Takes::kValue, "steps run without limits of their own"},
    {"--cpu-shares", Takes::kValue, "steps run without limits of their own"},
    {"--cpuset-cpus", Takes::kValue, "steps run without limits of their own"},
    {"--cpuset-mems", Takes::kValue, "steps run without limits of their own"},
};

// By default, a repeatable CLI11 option takes all following words, including PATH.
CLI::Option* repeatable(CLI::Option* option) {
  return option->allow_extra_args(false);
}

// The Dockerfile, and what it is built from.
void declare_inputs(CLI::App& app, BuildFlags& flags) {
  app.add_option("PATH", flags.context, "directory of the build context")->option_text(" ");
  app.add_option("-f,--file", flags.file, "the Dockerfile (default: PATH/Dockerfile; - is stdin)");
  repeatable(app.add_option("-t,--tag", flags.tags, "name of the image, name[:tag] (repeatable)"));
  repeatable(
      app.add_option("--build-arg", flags.build_args, "value of an ARG, KEY=VALUE (repeatable)"));
  app.add_option("--target", flags.target, "stage to build (default: the last)");
  repeatable(app.add_option("--label", flags.labels, "label of the image, KEY=VALUE (repeatable)"));
  repeatable(app.add_option("--build-context", flags.build_contexts,
                            "named context, NAME=DIR or NAME=docker-image://REF (repeatable)"));
  repeatable(app.add_option("--platform", flags.platforms,
                            "platform to build for, os/arch[/variant] (repeatable)"))
      ->delimiter(',');
  app.add_option("--ignorefile", flags.ignorefile, "use this file instead of .dockerignore");
}

// buildah and podman have both; docker's --squash is kNew.
void declare_squash(CLI::App& app, BuildFlags& flags) {
  auto flag = [&](const char* name, output::Squash squash, const char* help) {
    auto choose = [&flags, squash](std::int64_t count) {
      if (count > 0) flags.squash = squash;  // not after --squash=false
    };
    return app.add_flag_function(name, choose, help);
  };
  CLI::Option* made = flag("--squash", output::Squash::kNew,
                           "merge the new layers into one, above those of the base");
  flag("--squash-all", output::Squash::kAll, "merge all layers into one, those of the base too")
      ->excludes(made);
}

// What is made, and where it goes.
void declare_results(CLI::App& app, BuildFlags& flags) {
  repeatable(app.add_option(
      "-o,--output", flags.outputs,
      "where the result goes: DIR, - or type=image|oci|docker|local|tar|registry,..."));
  app.add_flag("--load", flags.load, "keep the image in the local store (the default)");
  app.add_flag("--push", flags.push, "push the image after the build");
  app.add_flag("-q,--quiet", flags.quiet, "print the image id alone");
  app.add_option("--iidfile", flags.iidfile, "write the image id to this file");
  app.add_option("--metadata-file", flags.metadata_file, "write digests and names as JSON");
  app.add_option("--format", flags.format, "media types of the image: oci (default) or docker")
      ->check(CLI::IsMember({"oci", "docker"}));
  app.add_option_function<std::string>(
         "--source-date-epoch,--timestamp",
         [&flags](const std::string& epoch) {
           flags.build_args.push_back("SOURCE_DATE_EPOCH=" + epoch);
         },
         "the same as --build-arg SOURCE_DATE_EPOCH=SECONDS")
      ->option_text("SECONDS");
  app.add_flag_function(
      "--rewrite-timestamp", [&flags](std::int64_t count) { flags.rewrite_timestamp = count > 0; },
      "with an epoch, bound the times of files in new layers");
  declare_squash(app, flags);
}

// What RUN steps get.
void declare_steps(CLI::App& app, BuildFlags& flags) {
  app.add_option("--network", flags.network, "network of RUN steps: default, host or none");
  repeatable(app.add_option("--add-host", flags.add_hosts,
                            "extra line of /etc/hosts, HOST:IP (repeatable)"));
  repeatable(app.add_option("--secret", flags.secrets,
                            "secret for RUN --mount=type=secret, id=ID[,src=FILE|env=VARIABLE] "
                            "(repeatable)"));
  repeatable(app.add_option("--ssh", flags.ssh,
                            "agent for RUN --mount=type=ssh, default or ID=SOCKET|KEY[,KEY] "
                            "(repeatable)"));
  repeatable(
      app.add_option("--allow", flags.allow,
                     "what RUN may ask for, network.host or security.insecure (repeatable)"));
  repeatable(app.add_option("--ulimit", flags.ulimits,
                            "limit of RUN steps, TYPE=SOFT[:HARD] (repeatable)"));
  app.add_option("--shm-size", flags.shm_size, "size of /dev/shm in RUN steps (default: 64m)");
}

// What to do, and how much at once.
void declare_work(CLI::App& app, BuildFlags& flags) {
  app.add_flag("--no-cache", flags.no_cache, "run every step");
  repeatable(
      app.add_option("--no-cache-filter", flags.no_cache_filter, "run every step of these stages"))
      ->delimiter(',');
  app.add_flag("--pull", flags.pull, "ask the registry for base images that are here already");
  app.add_option("--call", flags.call,
                 "what to do: build, check, outline or targets[,format=json][,ignorestatus=true]");
  app.add_flag_callback(
      "--check", [&flags] { flags.call = "check"; }, "the same as --call=check");
  app.add_option("-j,--jobs", flags.jobs, "steps that may run at once (default: four per core)");
  declare_gc_options(app, flags.gc);
}

// Values are read and dropped; CLI11 would take them for the context otherwise.
void declare_accepted(CLI::App& app, BuildFlags& flags) {
  for (const Accepted& accepted : kAccepted) {
    auto note = [&flags, accepted] {
      flags.without_effect.push_back(
          fmt::format("{} has no effect: {}", accepted.name, accepted.reason));
    };
    CLI::Option* option = accepted.takes == Takes::kNothing
                              ? app.add_flag_callback(accepted.name, note)
                              : app.add_option_function<std::string>(
                                    accepted.name, [note](const std::string&) { note(); });
    option->group("");  // accepted, but not listed in the help
  }
}

}  // namespace

void declare_build_flags(CLI::App& app, BuildFlags& flags) {
  declare_inputs(app, flags);
  declare_results(app, flags);
  declare_steps(app, flags);
  declare_work(app, flags);
  declare_accepted(app, flags);
}

source::ContextRequest context_request(const BuildFlags& flags) {
  return {.context = flags.context, .file = flags.file, .ignore_file = flags.ignorefile};
}

}  // namespace cairn::cli
