// SPDX-License-Identifier: Apache-2.0
//
// cairn history: the lines an image was made of, the newest first, with what each added. Sizes come
// from the layers in the store: a history line names no layer, so layers are handed out in order to
// the lines that are not empty.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/text.h"
#include "cli/result.h"
#include "cli/session.h"
#include "cli/table.h"

namespace cairn::cli {
namespace {

struct HistoryFlags {
  std::string image;
  bool no_trunc = false;
  bool quiet = false;
};

constexpr std::size_t kTextWidth = 45;

std::string created_by_text(std::string text, bool whole) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  if (whole || text.size() <= kTextWidth) return text;
  return text.substr(0, kTextWidth - 1) + "…";
}

// What each layer adds, lowest first; 0 for a layer that was never unpacked.
std::vector<std::int64_t> layer_sizes(Session& session, const Digest& id) {
  std::vector<std::int64_t> sizes;
  for (const store::ImageLayer& layer : session.store().images().layers(id)) {
    sizes.push_back(layer.view ? session.store().snapshots().layer_size(*layer.view) : 0);
  }
  return sizes;
}

int history(Session& session, const HistoryFlags& flags) {
  store::Image image = session.store().images().get(flags.image);
  oci::ImageConfig config = session.store().images().config(image.id);
  std::vector<std::int64_t> sizes = layer_sizes(session, image.id);
  std::vector<std::vector<std::string>> rows;
  std::size_t layer = 0;
  for (const oci::History& line : config.history) {
    bool has_layer = !line.empty_layer && layer < sizes.size();
    std::int64_t size = has_layer ? sizes[layer++] : 0;
    rows.push_back({"<missing>", line.created ? ago(*line.created) : "N/A",
                    created_by_text(line.created_by, flags.no_trunc),
                    human_size(static_cast<std::uint64_t>(size)), line.comment});
  }
  std::reverse(rows.begin(), rows.end());
  // Only the newest line has an id: the others were never images here.
  if (!rows.empty()) rows[0][0] = flags.no_trunc ? image.id.str() : short_id(image.id);
  Table table({"IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT"});
  std::string ids;
  for (std::vector<std::string>& row : rows) {
    ids += row[0] + "\n";
    table.add(std::move(row));
  }
  print_result(flags.quiet ? ids : table.text());
  return 0;
}

}  // namespace

Command declare_history(CLI::App& app) {
  CLI::App* command = app.add_subcommand("history", "print how an image was made");
  auto flags = std::make_shared<HistoryFlags>();
  command->add_option("IMAGE", flags->image, "name or id")->required()->option_text(" ");
  command->add_flag("--no-trunc", flags->no_trunc, "print whole lines");
  command->add_flag("-q,--quiet", flags->quiet, "print ids alone");
  return {command, Needs::kStore, [flags](Session& s) { return history(s, *flags); }, {}, true};
}

}  // namespace cairn::cli
