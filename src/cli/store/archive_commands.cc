// SPDX-License-Identifier: Apache-2.0
//
// save, load and import: images to files and back. Outputs are checked before anything is made, and
// inputs may be pipes that a signal must be able to interrupt.
#include <fcntl.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/sys/slow_end.h"
#include "base/sys/standard_streams.h"
#include "cli/result.h"
#include "cli/session.h"
#include "dockerfile/dockerfile.h"
#include "output/archive.h"
#include "output/destination.h"
#include "output/named.h"
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
  bool is_layout = flags.format == "oci-dir";
  if (is_layout && flags.file.empty()) {
    throw Error(ErrorKind::kUsage, "save --format oci-dir needs -o DIR");
  }
  // Checks the destination before anything is made.
  std::optional<sys::OutputFile> file;
  if (is_layout) {
    sys::check_output_directory(flags.file);
    output::refuse_inside_store(flags.file, session.settings().root);
  } else {
    file.emplace(flags.file.empty() ? "-" : flags.file);
    output::refuse_terminal(*file);
    output::refuse_inside_store(*file, session.settings().root);
  }
  output::BlobOptions options;
  bool docker = flags.format == "docker-archive";
  if (docker) options.types = output::MediaTypes::kDocker;
  std::vector<output::ArchivedImage> images;
  std::vector<output::ArchivedIndex> indexes;
  for (const std::string& name : flags.images) {
    store::Image image = session.store().images().get(name);
    std::optional<oci::Reference> reference = oci::Reference::find(name);
    std::vector<oci::Reference> names;
    // An id or a digest saves the image without a name, as docker does.
    if (reference && !reference->digest && session.store().images().find(*reference))
      names.push_back(*reference);
    if (docker) {
      // A docker archive cannot express an index, so this host's image is saved.
      images.push_back(
          {output::export_manifest(session.layers(), image.id, options), std::move(names)});
      continue;
    }
    output::Named named = output::make_named(session.layers(), name, options);
    if (auto* index = std::get_if<output::ExportedIndex>(&named.what)) {
      indexes.push_back({std::move(*index), std::move(names)});
    } else {
      images.push_back({std::get<output::ExportedImage>(std::move(named.what)), std::move(names)});
    }
  }
  if (is_layout) {
    output::write_oci_layout(session.store(), images, indexes, flags.file, session.user_umask());
    return 0;
  }
  output::write_archive_file(*file, session.user_umask(), session.stop(), [&](ByteSink& out) {
    if (flags.format == "oci-archive") {
      output::write_oci_archive(session.store(), images, indexes, out);
    } else {
      output::write_docker_archive(session.store(), images, out);
    }
  });
  return 0;
}

// --- load ---

// A terminal is refused: it would wait for an archive that nobody types.
sys::Fd open_input(const std::string& file) {
  if (!file.empty() && file != "-") {
    if (std::optional<sys::Fd> found = sys::find_to_read(file)) return std::move(*found);
    return sys::open_path(file, O_RDONLY);  // throws
  }
  if (::isatty(STDIN_FILENO) == 1) {
    throw Error(ErrorKind::kUsage, "nothing to read").with_hint("name a file, or pipe one in");
  }
  return sys::standard_input();
}

// Applies `read` to the input, which may be a pipe that never delivers. A signal ends the wait; the
// early end that `read` then sees is reported as a cancellation.
template <typename Read>
auto read_input(Session& session, const std::string& file, const Read& read) {
  sys::SlowInput in(open_input(file), session.stop());
  auto check = [&] {
    if (session.stop().stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
  };
  auto prefer_stop = [&](const Error&) { check(); };
  return amend(prefer_stop, [&] {
    auto result = read(in.fd());
    check();
    return result;
  });
}

int load(Session& session, const std::string& file) {
  std::vector<source::LoadedImage> loaded = read_input(
      session, file, [&](const sys::Fd& in) { return source::load_archive(session.store(), in); });
  std::string text;
  for (const source::LoadedImage& image : loaded) {
    if (image.names.empty()) text += fmt::format("Loaded image ID: {}\n", image.id.str());
    for (const oci::Reference& name : image.names)
      text += fmt::format("Loaded image: {}\n", name.familiar());
  }
  print_result(text);
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

// The config that the --change lines make of an empty one. They are lines of a Dockerfile, so they
// are planned as one, and a line that needs a vertex would change files.
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

// The tar becomes the only layer; nothing in it is run or changed.
int import(Session& session, const ImportFlags& flags) {
  oci::ImageConfig config = changed_config(flags);
  source::ImportedLayer layer = read_input(session, flags.file, [&](const sys::Fd& in) {
    sys::FdSource bytes(in);
    return source::import_layer(session.store(), bytes);
  });
  config.diff_ids = {layer.diff_id};
  config.created = now();
  std::string comment = flags.message.empty() ? "Imported from " + flags.file : flags.message;
  config.history = {{.created = config.created, .comment = std::move(comment)}};
  Digest id = session.store().blobs().put(oci::write_image_config(config));
  std::vector<oci::Reference> names;
  if (!flags.name.empty()) names.push_back(oci::Reference::parse_tag(flags.name));
  session.store().images().add({.id = id,
                                .created = *config.created,
                                .size = layer.size,
                                .platform = config.platform,
                                .names = names});
  print_result(id.str() + "\n");
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
  return {command, Needs::kBuilder, [flags](Session& s) { return save(s, *flags); }, {}, true};
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
