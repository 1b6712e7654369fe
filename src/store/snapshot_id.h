// SPDX-License-Identifier: Apache-2.0
//
// The name of a snapshot: of its row in the database and of its directory. Short, because the
// options of a mount must fit into one page (mount(2)). The empty root has an id too, though
// nothing is stored for it: what has no parent stands on it. A value.
#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/format.h"

namespace cairn::store {

class SnapshotId {
 public:
  static SnapshotId empty_root() { return SnapshotId(std::string()); }
  // An id for a new snapshot.
  static SnapshotId random();
  // The inverse of text(): letters, digits, "-" and "_", at most 64; "" is the empty root. Throws
  // kCorrupt. Every id from the database or from a record passes here, so that it is safe as the
  // name of a directory and in the options of a mount.
  static SnapshotId parse(std::string_view text);
  // nullopt where parse() throws.
  static std::optional<SnapshotId> find(std::string_view text);

  bool is_empty_root() const { return text_.empty(); }
  // As the database, the cache records and the file system have it.
  const std::string& text() const { return text_; }

  auto operator<=>(const SnapshotId&) const = default;

 private:
  explicit SnapshotId(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

inline std::string format_as(const SnapshotId& id) {
  return id.text();
}

}  // namespace cairn::store

template <>
struct std::hash<cairn::store::SnapshotId> {
  std::size_t operator()(const cairn::store::SnapshotId& id) const noexcept {
    return std::hash<std::string>()(id.text());
  }
};
