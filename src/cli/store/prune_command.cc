// SPDX-License-Identifier: Apache-2.0
//
// cairn prune, and docker's names for it: `system prune`, `builder prune`, `buildx prune`, and
// `image prune`. It is one command with a different scope; questions and answers are in docker's
// words.
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/foreign_text.h"
#include "base/sys/slow_end.h"
#include "base/sys/standard_streams.h"
#include "base/text.h"
#include "cli/result.h"
#include "cli/session.h"
#include "cli/standard_error.h"
#include "cli/store/space_options.h"
#include "cli/store/usage_text.h"
#include "cli/table.h"

namespace cairn::cli {
namespace {

using store::KeptImages;
using store::UsageKind;
using store::UsageRecord;

// The parts of the store that a prune covers.
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

// docker's text, for the parts of the store that this prune covers.
std::string warning(const PruneFlags& flags) {
  std::string_view images = flags.all && !flags.scope.cache ? "all images" : "all dangling images";
  std::string_view cache = flags.all ? "all build cache" : "unused build cache";
  if (!flags.scope.cache) return fmt::format("WARNING! This will remove {}.\n", images);
  if (!flags.scope.images) return fmt::format("WARNING! This will remove {}.\n", cache);
  return fmt::format("WARNING! This will remove:\n  - {}\n  - {}\n\n", images, cache);
}

// Reads a line of stdin. A signal ends the wait.
std::string read_answer(const std::stop_token& stop) {
  constexpr std::size_t kMax = 100;
  sys::Fd in = sys::standard_input();
  sys::SlowSource source(in, stop);
  std::string answer;
  std::byte one{};
  // Byte by byte: what follows the line belongs to whoever reads stdin next.
  while (answer.size() < kMax && source.read({&one, 1}) == 1 && static_cast<char>(one) != '\n') {
    answer += static_cast<char>(one);
  }
  return answer;
}

// The newline closes the line of the question if no terminal echoed one.
bool confirm(const PruneFlags& flags, const std::stop_token& stop) {
  std::string filters;
  for (const std::string& filter : flags.filters)
    filters += "  with filter " + one_line(filter) + "\n";
  write_to_stderr(warning(flags) + filters + "Are you sure you want to continue? [y/N] ");
  std::string answer = read_answer(stop);
  if (::isatty(STDIN_FILENO) == 0) write_to_stderr("\n");
  return equal_fold(trim(answer), "y") || equal_fold(trim(answer), "yes");
}

// Named images go only if nothing but images is pruned, and with --all.
KeptImages kept_images(const PruneFlags& flags) {
  if (!flags.scope.images) return KeptImages::kAll;
  return flags.all && !flags.scope.cache ? KeptImages::kNone : KeptImages::kTagged;
}

store::Pruning pruning_of(const PruneFlags& flags, const sys::DiskSpace& disk) {
  HoldingFilter filter = parse_filters(flags.filters);
  store::GcPolicy gc_policy{.bounds = bounds_of(flags.space, disk, {}),
                            .forget_needed = flags.all && flags.scope.cache};
  gc_policy.matches = [filter, scope = flags.scope](const UsageRecord& record) {
    bool is_image = record.kind == UsageKind::kImage;
    return (is_image ? scope.images : scope.cache) && filter(record);
  };
  return {.kept = kept_images(flags), .gc_policy = std::move(gc_policy), .reason = "prune"};
}

// Uses docker's words.
std::string evicted_text(const std::vector<UsageRecord>& evicted, const char* images,
                         const char* cache) {
  std::string image_lines, cache_lines;
  for (const UsageRecord& record : evicted) {
    if (record.kind != UsageKind::kImage) {
      cache_lines += record.id + "\n";
      continue;
    }
    for (const oci::Reference& name : record.images)
      image_lines += "untagged: " + name.familiar() + "\n";
    image_lines += "deleted: " + record.id + "\n";
  }
  std::string out;
  if (!image_lines.empty()) out += fmt::format("{}:\n{}\n", images, image_lines);
  if (!cache_lines.empty()) out += fmt::format("{}:\n{}\n", cache, cache_lines);
  return out;
}

int prune(Session& session, const PruneFlags& flags) {
  store::Store& store = session.store();
  sys::DiskSpace disk = sys::disk_space(store.root());
  store::Pruning pruning = pruning_of(flags, disk);
  if (flags.dry_run) {
    store::Choice choice = store::choose(store.usage(pruning.kept), pruning.gc_policy, disk);
    print_result(evicted_text(choice.evicted, "Images that would be deleted",
                              "Build cache objects that would be deleted") +
                 fmt::format("Total reclaimable space: {}\n", size_text(choice.freed)));
    return 0;
  }
  if (!flags.force && !confirm(flags, session.stop())) {
    print_note("nothing was removed; --force removes without asking");
    return 1;
  }
  store::Collected collected = store.collect(pruning);
  for (const std::string& fault : collected.faults) print_note(fault);
  print_result(evicted_text(collected.evicted, "Deleted Images", "Deleted build cache objects") +
               fmt::format("Total reclaimed space: {}\n", size_text(collected.bytes)));
  // Files of evicted records are deleted now, not in the background, since the user waits for it.
  store.sweep(session.stop());
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

// docker's groups of commands, as far as cairn has them.
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
