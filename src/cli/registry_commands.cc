// SPDX-License-Identifier: Apache-2.0
//
// pull and push.
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/session.h"
#include "output/push.h"
#include "solver/unpack_image.h"
#include "source/images.h"

namespace cairn::cli {
namespace {

struct PullFlags {
  std::string image;
  std::string platform;
  bool quiet = false;
};

int pull(Session& session, const PullFlags& flags) {
  oci::Reference reference = oci::Reference::parse(flags.image);
  oci::Platform platform =
      flags.platform.empty() ? oci::Platform::host() : oci::Platform::parse(flags.platform);
  source::Images images(session.store(), session.client(), session.display(),
                        source::Pull::kAlways);
  source::FoundImage image = progress::run_vertex(
      session.display(), "pulling " + reference.str(), [&](progress::VertexScope& scope) {
        source::FoundImage found = images.find(reference, platform);
        solver::unpack_image(session.store(), images, found, scope, solver::Fetch::kAlsoBlobs,
                             session.stop());
        return found;
      });
  session.display().finish();
  fmt::print("{}\n", flags.quiet ? reference.str() : image.id.str());
  return 0;
}

int push(Session& session, const std::string& name) {
  oci::Reference reference = oci::Reference::parse(name);
  store::Image image = session.store().images().get(name);
  Digest digest = progress::run_vertex(
      session.display(), "pushing " + reference.str(), [&](progress::VertexScope& scope) {
        output::WholeImage whole = output::make_whole(session.store(), image.id, {});
        return output::push_image(session.client(), session.store(), whole, reference, scope);
      });
  session.display().finish();
  fmt::print("{}: digest: {}\n", reference.tag.empty() ? reference.str() : reference.tag,
             digest.str());
  return 0;
}

}  // namespace

Command declare_pull(CLI::App& app, Settings& settings) {
  CLI::App* command = app.add_subcommand("pull", "fetch an image from a registry");
  auto flags = std::make_shared<PullFlags>();
  command->add_option("IMAGE", flags->image, "name[:tag][@digest]")->required()->option_text(" ");
  command->add_option("--platform", flags->platform, "os/arch[/variant] (default: this host's)");
  command->add_flag("-q,--quiet", flags->quiet, "print the name alone");
  command->add_option("--progress", settings.progress, "auto, plain, tty, quiet or none");
  command->final_callback([flags, &settings] {
    if (flags->quiet) settings.progress = "quiet";
  });
  return {command, Needs::kBuilder, [flags](Session& s) { return pull(s, *flags); }};
}

Command declare_push(CLI::App& app, Settings& settings) {
  CLI::App* command = app.add_subcommand("push", "send an image to a registry");
  auto name = std::make_shared<std::string>();
  command->add_option("IMAGE", *name, "name[:tag]")->required()->option_text(" ");
  command->add_option("--progress", settings.progress, "auto, plain, tty, quiet or none");
  command->add_flag_callback("-q,--quiet", [&settings] { settings.progress = "quiet"; });
  return {command, Needs::kBuilder, [name](Session& s) { return push(s, *name); }};
}

}  // namespace cairn::cli
