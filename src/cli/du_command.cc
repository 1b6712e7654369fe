// SPDX-License-Identifier: Apache-2.0
//
// cairn du: what the store holds and how much of it could go, in the words and columns of
// `docker buildx du`.
#include <CLI/CLI.hpp>

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/holding_text.h"
#include "cli/session.h"
#include "cli/table.h"

namespace cairn::cli {
namespace {

using store::Holding;

struct DuFlags {
  std::vector<std::string> filters;
  std::string format = "table";
  bool verbose = false;
};

std::string size_text(std::int64_t bytes) {
  return human_size(static_cast<std::uint64_t>(bytes), 4);
}

std::string one_line(const std::string& text) {
  constexpr std::size_t kWidth = 60;
  return text.size() <= kWidth ? text : text.substr(0, kWidth - 1) + "…";
}

void print_table(const std::vector<Holding>& holdings) {
  Table table({"ID", "RECLAIMABLE", "SIZE", "LAST ACCESSED", "DESCRIPTION"});
  for (const Holding& holding : holdings) {
    table.add({holding.id + (is_mutable(holding) ? "*" : ""),
               is_reclaimable(holding) ? "true" : "false",
               size_text(holding.size) + (is_shared(holding) ? "*" : ""), ago(holding.last_used),
               one_line(description_of(holding))});
  }
  fmt::print("{}", table.text());
}

void print_pretty(const std::vector<Holding>& holdings) {
  for (const Holding& holding : holdings) {
    fmt::print("ID:           {}\n", holding.id);
    if (!holding.parents.empty()) fmt::print("Parents:\n - {}\n", join(holding.parents, "\n - "));
    fmt::print("Created at:   {}\nMutable:      {}\nReclaimable:  {}\nShared:       {}\n",
               to_rfc3339(holding.created), is_mutable(holding), is_reclaimable(holding),
               is_shared(holding));
    fmt::print("Size:         {}\n", size_text(holding.size));
    std::string description = description_of(holding);
    if (!description.empty()) fmt::print("Description:  {}\n", description);
    fmt::print("Last used:    {}\nType:         {}\n\n", ago(holding.last_used), type_of(holding));
  }
}

void print_json(const std::vector<Holding>& holdings) {
  for (const Holding& holding : holdings) {
    Json line = {{"ID", holding.id},
                 {"Parents", holding.parents},
                 {"CreatedAt", to_rfc3339(holding.created)},
                 {"Mutable", is_mutable(holding)},
                 {"Reclaimable", is_reclaimable(holding)},
                 {"Shared", is_shared(holding)},
                 {"Size", size_text(holding.size)},
                 {"Description", description_of(holding)},
                 {"LastUsedAt", ago(holding.last_used)},
                 {"Type", type_of(holding)}};
    fmt::print("{}\n", line.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
}

// With tabs, as buildx writes it.
void print_summary(const std::vector<Holding>& holdings) {
  std::int64_t total = 0, reclaimable = 0, shared = 0;
  for (const Holding& holding : holdings) {
    total += holding.size;
    if (is_reclaimable(holding)) reclaimable += holding.size;
    if (is_shared(holding)) shared += holding.size;
  }
  if (shared > 0) {
    fmt::print("Shared:\t\t{}\nPrivate:\t{}\n", size_text(shared), size_text(total - shared));
  }
  fmt::print("Reclaimable:\t{}\nTotal:\t\t{}\n", size_text(reclaimable), size_text(total));
}

int disk_usage(Session& session, const DuFlags& flags) {
  HoldingFilter filter = parse_filters(flags.filters);
  std::vector<Holding> holdings = session.store().holdings(store::KeptImages::kTagged);
  std::erase_if(holdings, [&](const Holding& holding) { return !filter(holding); });
  std::ranges::stable_sort(holdings, std::greater<>(), &Holding::last_used);
  if (flags.format == "json") {
    print_json(holdings);
    return 0;
  }
  if (flags.verbose || flags.format == "pretty") {
    print_pretty(holdings);
  } else {
    print_table(holdings);
  }
  if (flags.filters.empty()) print_summary(holdings);
  return 0;
}

}  // namespace

Command declare_du(CLI::App& app) {
  CLI::App* command = app.add_subcommand("du", "list what the store holds, and how much can go");
  auto flags = std::make_shared<DuFlags>();
  command->add_option("--filter", flags->filters, "only what matches, KEY=VALUE (repeatable)")
      ->allow_extra_args(false);
  CLI::Option* format = command->add_option("--format", flags->format, "table, pretty or json")
                            ->check(CLI::IsMember({"table", "pretty", "json"}));
  command->add_flag("--verbose", flags->verbose, "the same as --format=pretty")->excludes(format);
  return {command, Needs::kBuilder, [flags](Session& s) { return disk_usage(s, *flags); }};
}

}  // namespace cairn::cli
