// SPDX-License-Identifier: Apache-2.0
//
// A quick look at the store's size decides; only a store that may be over its bounds is measured.
// The bounds are BuildKit's defaults. The cache is a convenience, so no failure here fails the
// build.
#include "cli/build/collect_after_build.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "base/attempt.h"
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
  for (const std::string& fault : collected.faults) print_note(fault);
  if (collected.evicted.empty() || session.progress().is_quiet()) return;
  print_note(fmt::format(
      "the store was over its bounds: {} not used since {} went, {}; see --gc-max-used-space",
      human_size(static_cast<std::uint64_t>(std::max<std::int64_t>(0, collected.bytes))),
      ago(collected.evicted.back().last_used),
      collected.evicted.size() == 1 ? "one thing"
                                    : fmt::format("{} things", collected.evicted.size())));
}

void collect(Session& session, const SpaceOptions& options) {
  store::Store& store = session.store();
  sys::DiskSpace disk = sys::disk_space(store.root());
  store::SpaceBounds bounds = bounds_of(options, disk, store::default_bounds(disk));
  if (!store.may_exceed(bounds, disk)) return;
  // Context indexes take next to no space, and a collection keeps only a few of them anyway.
  auto matches = [](const store::UsageRecord& record) {
    return record.kind != store::UsageKind::kContextIndex;
  };
  say(session, store.collect(store::Pruning{.kept = store::KeptImages::kTagged,
                                            .gc_policy = {.bounds = bounds, .matches = matches},
                                            .reason = "gc"}));
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
  // Parsing is the check; the result is not used.
  bounds_of(options.space, {}, {});
}

void remember_uses(Session& session) {
  std::optional<Error> failure = failure_of([&] { session.store().records().write_uses(); });
  if (!failure) return;
  print_note("the last uses of the build cache could not be written: " + failure->message());
}

void collect_after_build(Session& session, const GcOptions& options) {
  // If the namespace was not entered, nothing was run, copied or unpacked.
  if (!session.has_entered() || is_off(options)) return;
  std::optional<Error> failure = failure_of([&] { collect(session, options.space); });
  if (failure) print_note("the build cache could not be collected: " + failure->message());
}

}  // namespace cairn::cli
