// SPDX-License-Identifier: Apache-2.0
//
// The commands on local images: images, inspect, tag, rmi. Columns, sizes and times are docker's.
#include <CLI/CLI.hpp>

#include <set>

#include "base/attempt.h"
#include "base/error.h"
#include "base/foreign_text.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/result.h"
#include "cli/session.h"
#include "cli/table.h"

namespace cairn::cli {
namespace {

// --- images ---

struct ImagesFlags {
  bool quiet = false;
  bool no_trunc = false;
  bool digests = false;
  bool all = false;
  std::string format;
  std::string filter;  // a repository or name
};

struct ImageRow {
  std::string repository = "<none>";
  std::string tag = "<none>";
  std::string digest = "<none>";
};

// The digest behind a name. Stores made before names had digests know the image's manifest only.
std::optional<Digest> digest_of(const store::Image& image, const oci::Reference& name) {
  if (name.digest) return name.digest;
  auto known = image.digests.find(store::stored_name(name));
  if (known != image.digests.end()) return known->second;
  return image.manifest_came == false ? std::nullopt : image.manifest;
}

// One row for each name, as docker lists them; <none> for an image without any.
std::vector<ImageRow> rows_of(const store::Image& image) {
  std::vector<ImageRow> rows;
  for (const oci::Reference& name : image.names) {
    ImageRow row{.repository = name.familiar_name()};
    if (!name.tag.empty()) row.tag = name.tag;
    if (auto digest = digest_of(image, name)) row.digest = digest->str();
    rows.push_back(std::move(row));
  }
  if (rows.empty()) rows.emplace_back();
  return rows;
}

bool matches(const ImageRow& row, const std::string& filter) {
  if (filter.empty()) return true;
  std::optional<oci::Reference> name = oci::Reference::find(filter);
  if (!name || name->familiar_name() != row.repository) return false;
  // A filter without a tag matches all tags of its repository.
  std::string last = filter.substr(filter.rfind('/') + 1);
  return last.find(':') == std::string::npos || name->tag == row.tag;
}

Json image_json(const store::Image& image, const ImageRow& row) {
  return {{"Repository", row.repository},
          {"Tag", row.tag},
          {"ID", image.id.str()},
          {"Digest", row.digest},
          {"CreatedAt", to_rfc3339(image.created)},
          {"CreatedSince", ago(image.created)},
          {"Size", human_size(static_cast<std::uint64_t>(image.size))}};
}

int list_images(Session& session, const ImagesFlags& flags) {
  std::vector<std::string> header = {"REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"};
  if (flags.digests) header.insert(header.begin() + 2, "DIGEST");
  Table table(header);
  std::string out;
  for (const store::Image& image : session.store().images().list()) {
    // An index's images for other platforms are listed under its name.
    if (image.names.empty() && !image.lists.empty() && !flags.all) continue;
    std::string id = flags.no_trunc ? image.id.str() : short_id(image.id);
    std::string size = human_size(static_cast<std::uint64_t>(image.size));
    bool found = false;
    for (const ImageRow& row : rows_of(image)) {
      if (!matches(row, flags.filter)) continue;
      found = true;
      if (flags.format == "json") out += legible_json(image_json(image, row).dump()) + "\n";
      std::vector<std::string> cells = {row.repository, row.tag, id, ago(image.created), size};
      if (flags.digests) cells.insert(cells.begin() + 2, row.digest);
      table.add(std::move(cells));
    }
    if (flags.quiet && found) out += id + "\n";
  }
  if (!flags.quiet && flags.format != "json") out = table.text();
  print_result(out);
  return 0;
}

// --- inspect ---

// The members that scripts read from `docker inspect`.
Json inspect_json(Session& session, const store::Image& image) {
  oci::ImageConfig config = session.store().images().config(image.id);
  Json tags = Json::array(), layers = Json::array();
  std::set<std::string> digests;
  for (const oci::Reference& name : image.names) {
    if (!name.tag.empty()) tags.push_back(name.familiar());
    if (auto digest = digest_of(image, name)) {
      digests.insert(name.familiar_name() + "@" + digest->str());
    }
  }
  for (const oci::DiffId& layer : config.diff_ids) layers.push_back(layer.str());
  return {{"Id", image.id.str()},
          {"RepoTags", tags},
          {"RepoDigests", digests},
          {"Created", config.created ? to_rfc3339(*config.created) : ""},
          {"Author", config.author},
          {"Architecture", config.platform.architecture},
          {"Variant", config.platform.variant},
          {"Os", config.platform.os},
          {"Size", image.size},
          {"Config", oci::to_json(config).value("config", Json::object())},
          {"RootFS", {{"Type", "layers"}, {"Layers", layers}}}};
}

int inspect(Session& session, const std::vector<std::string>& names) {
  Json all = Json::array();
  for (const std::string& name : names) {
    all.push_back(inspect_json(session, session.store().images().get(name)));
  }
  print_result(legible_json(all.dump(4)) + "\n");
  return 0;
}

// --- tag ---

void tag(store::ImageStore& images, const std::string& source, const std::string& target) {
  oci::Reference name = oci::Reference::parse_tag(target);
  store::Image image = images.get(source);
  images.tag(image.id, name, oci::Reference::find(source));
}

// --- rmi ---

void remove_one(store::ImageStore& images, const std::string& name, store::Force force) {
  store::Removed removed = images.remove(name, force);
  for (const oci::Reference& untagged : removed.untagged) {
    print_result(fmt::format("Untagged: {}\n", untagged.familiar()));
  }
  for (const Digest& id : removed.deleted) print_result(fmt::format("Deleted: {}\n", id.str()));
}

// Goes on after an error, as docker does, and reports the last one as exit status.
int remove(Session& session, const std::vector<std::string>& names, store::Force force) {
  int status = 0;
  for (const std::string& name : names) {
    std::optional<Error> failure =
        failure_of([&] { remove_one(session.store().images(), name, force); });
    if (!failure) continue;
    print_error(*failure);
    status = exit_code(failure->kind());
  }
  // What nothing needs any more goes right away.
  for (const std::string& fault : session.store().collect().faults) print_note(fault);
  return status;
}

}  // namespace

Command declare_images(CLI::App& app) {
  CLI::App* command = app.add_subcommand("images", "list images");
  auto flags = std::make_shared<ImagesFlags>();
  command->add_option("NAME", flags->filter, "only this repository or name")->option_text(" ");
  command->add_flag("-q,--quiet", flags->quiet, "print ids alone");
  command->add_flag("-a,--all", flags->all, "also a list's images for other platforms");
  command->add_flag("--no-trunc", flags->no_trunc, "print whole ids");
  command->add_flag("--digests", flags->digests, "print manifest digests");
  command->add_option("--format", flags->format, "table, or json: one object a line")
      ->check(CLI::IsMember({"table", "json"}));
  return {command, Needs::kStore, [flags](Session& s) { return list_images(s, *flags); }, {}, true};
}

Command declare_inspect(CLI::App& app) {
  CLI::App* command = app.add_subcommand("inspect", "print all that is known of an image, as JSON");
  auto names = std::make_shared<std::vector<std::string>>();
  command->add_option("IMAGE", *names, "name or id")->required()->option_text(" ");
  return {command, Needs::kStore, [names](Session& s) { return inspect(s, *names); }, {}, true};
}

Command declare_tag(CLI::App& app) {
  CLI::App* command = app.add_subcommand("tag", "give an image another name");
  auto names = std::make_shared<std::pair<std::string, std::string>>();
  command->add_option("SOURCE", names->first, "name or id")->required()->option_text(" ");
  command->add_option("TARGET", names->second, "new name[:tag]")->required()->option_text(" ");
  return {command, Needs::kStore, [names](Session& s) {
            tag(s.store().images(), names->first, names->second);
            return 0;
          }};
}

Command declare_rmi(CLI::App& app) {
  CLI::App* command = app.add_subcommand("rmi", "remove images");
  auto names = std::make_shared<std::vector<std::string>>();
  auto force = std::make_shared<bool>(false);
  command->add_option("IMAGE", *names, "name or id")->required()->option_text(" ");
  command->add_flag("-f,--force", *force, "also with several names");
  return {command, Needs::kBuilder, [names, force](Session& s) {
            return remove(s, *names, *force ? store::Force::kYes : store::Force::kNo);
          }};
}

}  // namespace cairn::cli
