// SPDX-License-Identifier: Apache-2.0
//
// pull and push. --creds is limited to the registry of the name before anything is asked, so that a
// login never goes to a server that an image or a mirror names.
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/result.h"
#include "cli/session.h"
#include "output/named.h"
#include "output/push.h"
#include "solver/fetch/unpack_image.h"
#include "source/images.h"

namespace cairn::cli {
namespace {

struct PullFlags {
  std::string image;
  std::string platform;
  bool quiet = false;
};

// Unpacks as well, so that the next build finds its base ready.
int pull(Session& session, const PullFlags& flags) {
  oci::Reference reference = oci::Reference::parse(flags.image);
  session.keep_login_to({reference.registry});
  oci::Platform platform =
      flags.platform.empty() ? oci::Platform::host() : oci::Platform::parse(flags.platform);
  source::Images images(session.store(), session.client(), session.progress(),
                        source::Pull::kAlways);
  source::FoundImage image = progress::run_vertex(
      session.progress(),
      progress::VertexStarted{.name = "pulling " + reference.str(), .platform = platform.str()},
      [&](progress::VertexScope& scope) {
        source::FoundImage found = images.find(reference, platform);
        solver::unpack_image(session.enter_namespaces().builder(), session.store(),
                             session.snapshotter(), images, found, scope, solver::Fetch::kAlsoBlobs,
                             session.stop());
        return found;
      });
  session.progress().finish();
  print_result((flags.quiet ? reference.str() : image.id.str()) + "\n");
  return 0;
}

// The image goes as it came, if it came from elsewhere: see output/named.h.
int push(Session& session, const std::string& name) {
  oci::Reference reference = oci::Reference::parse(name);
  session.keep_login_to({reference.registry});
  store::Store& store = session.store();
  store.images().get(name);  // throws if there is none
  Digest digest = progress::run_vertex(
      session.progress(), "pushing " + reference.str(), [&](progress::VertexScope& scope) {
        output::Named named = output::make_named(session.layers(&session.progress()), name);
        if (const auto* index = std::get_if<output::ExportedIndex>(&named.what)) {
          return output::push_index(session.client(), store, *index, reference, scope);
        }
        const auto& image = std::get<output::ExportedImage>(named.what);
        if (named.incomplete) {
          scope.warn(
              fmt::format("not all platforms of {} are here, so the one image that is goes "
                          "alone: {} -> {}",
                          reference.familiar(), *named.incomplete, image.descriptor.digest));
        }
        return output::push_image(session.client(), store, image, reference, scope);
      });
  // A name whose index is known keeps that digest: the index says more than the one image pushed.
  if (!store.images().digest_of(reference)) store.images().set_digest(reference, digest);
  session.progress().finish();
  print_result(fmt::format("{}: digest: {}\n",
                           reference.tag.empty() ? reference.str() : reference.tag, digest.str()));
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
