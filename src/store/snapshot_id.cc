// SPDX-License-Identifier: Apache-2.0
//
// An id is random and not counted, so that processes need not agree on the next one. The characters
// are few on purpose: an id becomes part of a path, and overlayfs reads ":" and "," in its options.
#include "store/snapshot_id.h"

#include <algorithm>
#include <random>

#include "base/error.h"
#include "base/text.h"

namespace cairn::store {
namespace {

constexpr std::size_t kMaxLength = 64;

bool is_id_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '_';
}

}  // namespace

SnapshotId SnapshotId::random() {
  // 60 random bits: among a million snapshots, the chance of any collision is one in two million;
  // then the rename of the directory fails.
  static constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuv";
  std::random_device random;
  std::string id;
  for (int i = 0; i < 12; ++i) id += kDigits[random() & 31];
  return SnapshotId(std::move(id));
}

SnapshotId SnapshotId::parse(std::string_view text) {
  if (std::optional<SnapshotId> id = find(text)) return *std::move(id);
  throw Error::of(ErrorKind::kCorrupt, "{} is not the id of a snapshot", go_quote(text));
}

std::optional<SnapshotId> SnapshotId::find(std::string_view text) {
  if (text.size() > kMaxLength || !std::ranges::all_of(text, is_id_character)) return std::nullopt;
  return SnapshotId(std::string(text));
}

}  // namespace cairn::store
