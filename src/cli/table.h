// SPDX-License-Identifier: Apache-2.0
//
// Lists for people: columns of text, and the short forms that go into them.
#pragma once

#include <string>
#include <vector>

#include "base/digest.h"
#include "base/time.h"

namespace cairn::cli {

// Columns some spaces apart, each as wide as its widest cell.
class Table {
 public:
  explicit Table(std::vector<std::string> header, std::size_t gap = 3)
      : rows_{std::move(header)}, gap_(gap) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::size_t gap_;
};

std::string short_id(const Digest& id);  // 12 digits
std::string ago(Timestamp time);         // "3 hours ago", "N/A" for no time

}  // namespace cairn::cli
