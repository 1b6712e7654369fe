// SPDX-License-Identifier: Apache-2.0
//
// Collects all rows first, because a column is as wide as its widest cell. Trailing spaces are cut,
// as docker's tables have none that matter and tests compare lines.
#include "cli/table.h"

#include <algorithm>
#include <cstdint>

#include "base/foreign_text.h"
#include "base/text.h"

namespace cairn::cli {

void Table::add(std::vector<std::string> row) {
  for (std::string& cell : row) cell = one_line(cell, SIZE_MAX);
  rows_.push_back(std::move(row));
}

std::string Table::text() const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line += std::string(widths[i] - row[i].size() + gap_, ' ');
    }
    while (line.ends_with(' ')) line.pop_back();
    out += line + "\n";
  }
  return out;
}

std::string short_id(const Digest& id) {
  return id.hex().substr(0, 12);
}

std::string ago(Timestamp time) {
  if (time == Timestamp{}) return "N/A";
  return human_duration(static_cast<double>(now().seconds - time.seconds)) + " ago";
}

std::string size_text(std::int64_t bytes) {
  return human_size(static_cast<std::uint64_t>(std::max<std::int64_t>(0, bytes)), 4);
}

}  // namespace cairn::cli
