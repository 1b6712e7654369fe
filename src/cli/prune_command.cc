// SPDX-License-Identifier: Apache-2.0
//
// cairn prune, and what docker calls it: `system prune`, `builder prune`, `buildx prune`, and
// `image prune`. One command over different parts of the store.
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <iostream>

#include "base/error.h"
#include "base/text.h"
#include "cli/holding_text.h"
#include "cli/session.h"
#include "cli/space_options.h"

namespace cairn::cli {
namespace {

using store::Holding;
using store::HoldingKind;
using store::KeptImages;

// What a prune is about.
struct Scope {
  bool images = false;  // those without a name
  bool cache = false;
};

struct PruneFlags {
  Scope scope;
  bool all = false;
  bool force = false;
  bool dry_run = false;
  std::vector<std::string> filters;
  SpaceOptions space;
};

std::string warning(const PruneFlags& flags) {
  std::string_view images = flags.all && !flags.scope.cache ? "all images" : "all dangling images";
  std::string_view cache = flags.all ? "all build cache" : "unused build cache";
  if (!flags.scope.cache) return fmt::format("WARNING! This will remove {}.\n", images);
  if (!flags.scope.images) return fmt::format("WARNING! This will remove {}.\n", cache);
  return fmt::format("WARNING! This will remove:\n  - {}\n  - {}\n\n", images, cache);
}

bool confirm(const PruneFlags& flags) {
  std::string filters;
  for (const std::string& filter : flags.filters) filters += "  with filter " + filter + "\n";
  fmt::print(stderr, "{}{}Are you sure you want to continue? [y/N] ", warning(flags), filters);
  std::string answer;
  std::getline(std::cin, answer);
  if (::isatty(STDIN_FILENO) == 0) fmt::print(stderr, "\n");
  return equal_fold(trim(answer), "y") || equal_fold(trim(answer), "yes");
}

// Images that have a name go only where nothing but images is asked for, and all of them.
KeptImages kept_images(const PruneFlags& flags) {
  if (!flags.scope.images) return KeptImages::kAll;
  return flags.all && !flags.scope.cache ? KeptImages::kNone : KeptImages::kTagged;
}

store::Pruning pruning_of(const PruneFlags& flags, const sys::DiskSpace& disk) {
  HoldingFilter filter = parse_filters(flags.filters);
  store::Retention retention{.bounds = bounds_of(flags.space, disk, {}),
                             .forget_needed = flags.all && flags.scope.cache};
  retention.may_go = [filter, scope = flags.scope](const Holding& holding) {
    bool is_image = holding.kind == HoldingKind::kImage;
    return (is_image ? scope.images : scope.cache) && filter(holding);
  };
  return {.kept = kept_images(flags), .retention = std::move(retention), .reason = "prune"};
}

// In docker's words.
void print_taken(const std::vector<Holding>& taken, const char* images, const char* cache) {
  std::string image_lines, cache_lines;
  for (const Holding& holding : taken) {
    if (holding.kind != HoldingKind::kImage) {
      cache_lines += holding.id + "\n";
      continue;
    }
    for (const oci::Reference& name : holding.images)
      image_lines += "untagged: " + name.familiar() + "\n";
    image_lines += "deleted: " + holding.id + "\n";
  }
  if (!image_lines.empty()) fmt::print("{}:\n{}\n", images, image_lines);
  if (!cache_lines.empty()) fmt::print("{}:\n{}\n", cache, cache_lines);
}

std::string size_text(std::int64_t bytes) {
  return human_size(static_cast<std::uint64_t>(std::max<std::int64_t>(0, bytes)), 4);
}

int prune(Session& session, const PruneFlags& flags) {
  store::Store& store = session.store();
  sys::DiskSpace disk = sys::disk_space(store.root());
  store::Pruning pruning = pruning_of(flags, disk);
  if (flags.dry_run) {
    store::Choice choice = store::choose(store.holdings(pruning.kept), pruning.retention, disk);
    print_taken(choice.taken, "Images that would be deleted",
                "Build cache objects that would be deleted");
    fmt::print("Total reclaimable space: {}\n", size_text(choice.freed));
    return 0;
  }
  if (!flags.force && !confirm(flags)) {
    print_note("nothing was removed; --force removes without asking");
    return 1;
  }
  std::optional<store::Collected> collected = store.collect(pruning);
  if (!collected) {
    throw Error(ErrorKind::kHost, "another cairn has the store open, so nothing was removed")
        .with_hint("try again when it is done");
  }
  print_taken(collected->taken, "Deleted Images", "Deleted build cache objects");
  fmt::print("Total reclaimed space: {}\n", size_text(collected->bytes));
  return 0;
}

Command declare(CLI::App& app, const char* help, Scope scope) {
  CLI::App* command = app.add_subcommand("prune", help);
  auto flags = std::make_shared<PruneFlags>();
  flags->scope = scope;
  command->add_flag("-a,--all", flags->all,
                    scope.cache ? "forget steps of named images too" : "also images with a name");
  command->add_flag("-f,--force", flags->force, "do not ask");
  command->add_flag("--dry-run", flags->dry_run, "only say what would go");
  command
      ->add_option("--filter", flags->filters, "only what matches, such as until=24h (repeatable)")
      ->allow_extra_args(false);
  if (scope.cache) {
    command->add_option("--max-used-space", flags->space.max_used,
                        "take no more than is needed to keep this much");
    command->add_option("--min-free-space", flags->space.min_free,
                        "take what is needed for this much to be free on the disk");
    command->add_option("--reserved-space,--keep-storage", flags->space.reserved,
                        "leave this much in any case");
  }
  return {command, Needs::kBuilder, [flags](Session& s) { return prune(s, *flags); }};
}

// docker's groups of commands, of which cairn has these.
CLI::App& group(CLI::App& app, const char* name, const char* help) {
  CLI::App* group = app.add_subcommand(name, help);
  group->require_subcommand(1);
  return *group;
}

}  // namespace

std::vector<Command> declare_prune(CLI::App& app) {
  constexpr const char* kCache = "remove build cache";
  CLI::App& buildx = group(app, "buildx", "docker's name for: du, prune");
  return {
      declare(app, "remove build cache and images without a name", {.images = true, .cache = true}),
      declare(group(app, "system", "docker's name for: prune"),
              "remove build cache and images without a name", {.images = true, .cache = true}),
      declare(group(app, "builder", "docker's name for: prune, of the cache alone"), kCache,
              {.cache = true}),
      declare(buildx, kCache, {.cache = true}),
      declare_du(buildx),
      declare(group(app, "image", "docker's name for: prune, of images alone"),
              "remove images without a name", {.images = true})};
}

}  // namespace cairn::cli
