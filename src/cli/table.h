// SPDX-License-Identifier: Apache-2.0
//
// Lists for people: columns of text, and the short forms that go into them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/time.h"

namespace cairn::cli {

// Columns separated by `gap` spaces, each as wide as its widest cell.
class Table {
 public:
  explicit Table(std::vector<std::string> header, std::size_t gap = 3)
      : rows_{std::move(header)}, gap_(gap) {}
  // Cells may be foreign text: they are made legible, but not cut.
  void add(std::vector<std::string> row);
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::size_t gap_;
};

std::string short_id(const Digest& id);     // 12 digits
std::string ago(Timestamp time);            // "3 hours ago", "N/A" for no time
std::string size_text(std::int64_t bytes);  // "1.234MB": four digits, as docker has them

}  // namespace cairn::cli
