// SPDX-License-Identifier: Apache-2.0
//
// cairn du: what the store holds and how much of it can go, in the words and columns of `docker
// buildx du`. Ordered by last use, the latest first, which is the reverse of the order of eviction.
#include <CLI/CLI.hpp>

#include <algorithm>

#include "base/error.h"
#include "base/foreign_text.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/result.h"
#include "cli/session.h"
#include "cli/store/usage_text.h"
#include "cli/table.h"

namespace cairn::cli {
namespace {

using store::UsageRecord;

struct DuFlags {
  std::vector<std::string> filters;
  std::string format = "table";
  bool verbose = false;
};

std::string shortened(const std::string& text) {
  constexpr std::size_t kWidth = 60;
  return text.size() <= kWidth ? text : text.substr(0, kWidth - 1) + "…";
}

// buildx marks mutable records and shared sizes with "*".
std::string table_text(const std::vector<UsageRecord>& usage) {
  Table table({"ID", "RECLAIMABLE", "SIZE", "LAST ACCESSED", "DESCRIPTION"});
  for (const UsageRecord& record : usage) {
    table.add({record.id + (is_mutable(record) ? "*" : ""),
               is_reclaimable(record) ? "true" : "false",
               size_text(record.size) + (is_shared(record) ? "*" : ""), ago(record.last_used),
               shortened(description_of(record))});
  }
  return table.text();
}

std::string pretty_text(const std::vector<UsageRecord>& usage) {
  std::string out;
  for (const UsageRecord& record : usage) {
    out += fmt::format("ID:           {}\n", record.id);
    if (!record.parents.empty())
      out += fmt::format("Parents:\n - {}\n", join(parents_of(record), "\n - "));
    out += fmt::format("Created at:   {}\nMutable:      {}\nReclaimable:  {}\nShared:       {}\n",
                       to_rfc3339(record.created), is_mutable(record), is_reclaimable(record),
                       is_shared(record));
    out += fmt::format("Size:         {}\n", size_text(record.size));
    std::string description = description_of(record);
    if (!description.empty()) out += fmt::format("Description:  {}\n", legible(description));
    out += fmt::format("Last used:    {}\nType:         {}\n\n", ago(record.last_used),
                       type_of(record));
  }
  return out;
}

std::string json_text(const std::vector<UsageRecord>& usage) {
  std::string out;
  for (const UsageRecord& record : usage) {
    Json line = {{"ID", record.id},
                 {"Parents", parents_of(record)},
                 {"CreatedAt", to_rfc3339(record.created)},
                 {"Mutable", is_mutable(record)},
                 {"Reclaimable", is_reclaimable(record)},
                 {"Shared", is_shared(record)},
                 {"Size", size_text(record.size)},
                 {"Description", description_of(record)},
                 {"LastUsedAt", ago(record.last_used)},
                 {"Type", type_of(record)}};
    out += legible_json(line.dump(-1, ' ', false, Json::error_handler_t::replace)) + "\n";
  }
  return out;
}

// Separated by tabs, as buildx writes it.
std::string summary_text(const std::vector<UsageRecord>& usage) {
  std::int64_t total = 0, reclaimable = 0, shared = 0;
  for (const UsageRecord& record : usage) {
    total += record.size;
    if (is_reclaimable(record)) reclaimable += record.size;
    if (is_shared(record)) shared += record.size;
  }
  std::string out;
  if (shared > 0) {
    out =
        fmt::format("Shared:\t\t{}\nPrivate:\t{}\n", size_text(shared), size_text(total - shared));
  }
  return out +
         fmt::format("Reclaimable:\t{}\nTotal:\t\t{}\n", size_text(reclaimable), size_text(total));
}

// Faults of the store are notes: what can be measured is still shown.
int disk_usage(Session& session, const DuFlags& flags) {
  HoldingFilter filter = parse_filters(flags.filters);
  std::vector<UsageRecord> usage = session.store().usage(store::KeptImages::kTagged);
  for (const UsageRecord& record : usage) {
    if (!record.fault.empty()) print_note(record.fault);
  }
  std::erase_if(usage, [&](const UsageRecord& record) { return !filter(record); });
  std::ranges::stable_sort(usage, std::greater<>(), &UsageRecord::last_used);
  if (flags.format == "json") {
    print_result(json_text(usage));
    return 0;
  }
  bool is_pretty = flags.verbose || flags.format == "pretty";
  std::string text = is_pretty ? pretty_text(usage) : table_text(usage);
  // buildx leaves the sums out under a filter: they would not be those of the store.
  if (flags.filters.empty()) text += summary_text(usage);
  print_result(text);
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
  return {
      command, Needs::kBuilder, [flags](Session& s) { return disk_usage(s, *flags); }, {}, true};
}

}  // namespace cairn::cli
