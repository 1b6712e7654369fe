// SPDX-License-Identifier: Apache-2.0
//
// save, load and import: images to files and back.
#include <fcntl.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "cli/output_file.h"
#include "cli/session.h"
#include "dockerfile/dockerfile.h"
#include "output/archive.h"
#include "plan/make_plan.h"
#include "source/archive_loader.h"

namespace cairn::cli {
namespace {

// --- save ---

struct SaveFlags {
  std::vector<std::string> images;
  std::string file;
  std::string format = "docker-archive";
};

int save(Session& session, const SaveFlags& flags) {
  output::BlobOptions options;
  if (flags.format == "docker-archive") options.types = output::MediaTypes::kDocker;
  std::vector<output::ArchivedImage> images;
  for (const std::string& name : flags.images) {
    store::Image image = session.store().images().get(name);
    std::optional<oci::Reference> reference = oci::Reference::find(name);
    std::vector<oci::Reference> names;
    // An id saves the image without a name, as docker does.
    if (reference && session.store().images().find(*reference)) names.push_back(*reference);
    images.push_back({output::make_whole(session.store(), image.id, options), std::move(names)});
  }
  if (flags.format == "oci-dir") {
    if (flags.file.empty()) throw Error(ErrorKind::kUsage, "save --format oci-dir needs -o DIR");
    output::write_oci_layout(session.store(), images, flags.file);
    return 0;
  }
  write_output_file(flags.file.empty() ? "-" : flags.file, [&](const sys::Fd& out) {
    if (flags.format == "oci-archive") {
      output::write_oci_archive(session.store(), images, out);
    } else {
      output::write_docker_archive(session.store(), images, out);
    }
  });
  return 0;
}

// --- load ---

sys::Fd open_input(const std::string& file) {
  if (!file.empty() && file != "-") return sys::open_path(file, O_RDONLY);
  if (::isatty(STDIN_FILENO) == 1) {
    throw Error(ErrorKind::kUsage, "nothing to read").with_hint("name a file, or pipe one in");
  }
  return sys::Fd(::dup(STDIN_FILENO));
}

int load(Session& session, const std::string& file) {
  for (const source::LoadedImage& image : source::load_archive(session.store(), open_input(file))) {
    if (image.names.empty()) fmt::print("Loaded image ID: {}\n", image.id.str());
    for (const oci::Reference& name : image.names)
      fmt::print("Loaded image: {}\n", name.familiar());
  }
  return 0;
}

// --- import ---

struct ImportFlags {
  std::string file;
  std::string name;
  std::string message;
  std::string platform;
  std::vector<std::string> changes;
};

class NoImages final : public plan::ImageResolver {
  plan::ResolvedImage resolve(const oci::Reference&, const oci::Platform&) override {
    throw Error(ErrorKind::kUsage, "--change takes no FROM");
  }
};

// The config that the --change lines, which are lines of a Dockerfile, make of an empty one.
oci::ImageConfig changed_config(const ImportFlags& flags) {
  std::string text = "FROM scratch\n";
  for (const std::string& change : flags.changes) text += change + "\n";
  NoImages none;
  plan::BuildOptions options;
  if (!flags.platform.empty()) options.platform = oci::Platform::parse(flags.platform);
  auto source = std::make_shared<SourceText>(SourceText{"--change", std::move(text)});
  plan::Plan plan = plan::make_plan(dockerfile::parse_dockerfile(source), options, none);
  for (const plan::HistoryLine& line : plan.history) {
    if (!line.vertex) continue;
    throw Error::of(ErrorKind::kUsage, "--change \"{}\" would change files", line.created_by);
  }
  return plan.config;
}

int import(Session& session, const ImportFlags& flags) {
  oci::ImageConfig config = changed_config(flags);
  sys::Fd in = open_input(flags.file);
  sys::FdSource bytes(in);
  source::ImportedLayer layer = source::import_layer(session.store(), bytes);
  config.diff_ids = {layer.diff_id};
  config.created = now();
  std::string comment = flags.message.empty() ? "Imported from " + flags.file : flags.message;
  config.history = {{.created = config.created, .comment = std::move(comment)}};
  Digest id = session.store().blobs().put(canonical(oci::to_json(config)));
  std::vector<oci::Reference> names;
  if (!flags.name.empty()) names.push_back(oci::Reference::parse(flags.name));
  session.store().images().add({.id = id,
                                .created = *config.created,
                                .size = layer.size,
                                .platform = config.platform,
                                .names = names});
  fmt::print("{}\n", id.str());
  return 0;
}

}  // namespace

Command declare_save(CLI::App& app) {
  CLI::App* command = app.add_subcommand("save", "write images to an archive");
  auto flags = std::make_shared<SaveFlags>();
  command->add_option("IMAGE", flags->images, "name or id")->required()->option_text(" ");
  command->add_option("-o,--output", flags->file, "file (default: stdout)");
  command->add_option("--format", flags->format, "docker-archive (default), oci-archive or oci-dir")
      ->check(CLI::IsMember({"docker-archive", "oci-archive", "oci-dir"}));
  return {command, Needs::kBuilder, [flags](Session& s) { return save(s, *flags); }};
}

Command declare_load(CLI::App& app) {
  CLI::App* command = app.add_subcommand("load", "read images from an archive");
  auto file = std::make_shared<std::string>();
  command->add_option("-i,--input", *file, "file (default: stdin)");
  command->add_flag_callback(
      "-q,--quiet", [] {}, "print no progress (there is none)");
  return {command, Needs::kStore, [file](Session& s) { return load(s, *file); }};
}

Command declare_import(CLI::App& app) {
  CLI::App* command = app.add_subcommand("import", "make an image of a root filesystem's tar");
  auto flags = std::make_shared<ImportFlags>();
  command->add_option("FILE", flags->file, "tar, compressed or not; - is stdin")
      ->required()
      ->option_text(" ");
  command->add_option("NAME", flags->name, "name[:tag] of the image")->option_text(" ");
  command
      ->add_option("-c,--change", flags->changes, "a Dockerfile line, as ENV or CMD (repeatable)")
      ->allow_extra_args(false);
  command->add_option("-m,--message", flags->message, "comment in the history");
  command->add_option("--platform", flags->platform, "os/arch[/variant] of the image");
  return {command, Needs::kStore, [flags](Session& s) { return import(s, *flags); }};
}

}  // namespace cairn::cli
