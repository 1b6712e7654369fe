// SPDX-License-Identifier: Apache-2.0
#include "cli/collect_after_build.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "cli/session.h"
#include "cli/table.h"

namespace cairn::cli {
namespace {

bool is_off(const GcOptions& options) {
  const char* value = ::getenv("CAIRN_GC");
  return options.off || (value != nullptr && equal_fold(value, "off"));
}

void say(Session& session, const store::Collected& collected) {
  if (collected.taken.empty() || session.display().is_quiet()) return;
  print_note(fmt::format(
      "the store was over its bounds: {} not used since {} went, {}; see --gc-max-used-space",
      human_size(static_cast<std::uint64_t>(std::max<std::int64_t>(0, collected.bytes))),
      ago(collected.taken.back().last_used),
      collected.taken.size() == 1 ? "one thing"
                                  : fmt::format("{} things", collected.taken.size())));
}

void collect(Session& session, const SpaceOptions& options) {
  store::Store& store = session.store();
  sys::DiskSpace disk = sys::disk_space(store.root());
  store::SpaceBounds bounds = bounds_of(options, disk, store::default_bounds(disk));
  if (!store.may_exceed(bounds, disk)) return;
  // What is known of a build context takes next to nothing, and a collection keeps few of them.
  auto may_go = [](const store::Holding& holding) {
    return holding.kind != store::HoldingKind::kContextIndex;
  };
  std::optional<store::Collected> collected =
      store.collect(store::Pruning{.kept = store::KeptImages::kTagged,
                                   .retention = {.bounds = bounds, .may_go = may_go},
                                   .reason = "gc"});
  if (collected) say(session, *collected);
}

}  // namespace

void declare_gc_options(CLI::App& app, GcOptions& options) {
  app.add_flag("--no-gc", options.off,
               "let the build cache grow without bounds (environment: CAIRN_GC=off)");
  app.add_option("--gc-max-used-space", options.space.max_used,
                 "most that may be kept of what can be built again (default: 80% of the disk, at "
                 "most 100 GB)")
      ->envname("CAIRN_GC_MAX_USED_SPACE");
  app.add_option("--gc-min-free-space", options.space.min_free,
                 "less is kept while less than this is free on the disk (default: 20%)")
      ->envname("CAIRN_GC_MIN_FREE_SPACE");
  app.add_option("--gc-reserved-space", options.space.reserved,
                 "so much may be kept in any case (default: 10% of the disk, at most 10 GB)")
      ->envname("CAIRN_GC_RESERVED_SPACE");
}

void check_gc_options(const GcOptions& options) {
  bounds_of(options.space, {}, {});
}

void remember_uses(Session& session) {
  try {
    session.store().records().write_uses();
  } catch (const Error& error) {
    print_note("the last uses of the build cache could not be written: " + error.message());
  }
}

void collect_after_build(Session& session, const GcOptions& options) {
  // Without a launcher nothing was run, copied or unpacked.
  if (session.launcher() == nullptr || is_off(options)) return;
  try {
    collect(session, options.space);
  } catch (const Error& error) {
    print_note("the build cache could not be collected: " + error.message());
  }
}

}  // namespace cairn::cli
