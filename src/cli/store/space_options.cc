// SPDX-License-Identifier: Apache-2.0
//
// A percentage is of the whole disk and is resolved when the bounds are made, since the same
// options apply to disks of different sizes.
#include "cli/store/space_options.h"

#include "base/error.h"
#include "base/text.h"

namespace cairn::cli {
namespace {

std::optional<std::int64_t> bound_of(const std::string& text, const char* option,
                                     const sys::DiskSpace& disk,
                                     std::optional<std::int64_t> otherwise) {
  if (text.empty()) return otherwise;
  std::int64_t bytes = parse_space(text, option).of(disk);
  if (bytes == 0) return std::nullopt;
  return bytes;
}

}  // namespace

Space parse_space(const std::string& text, const std::string& option) {
  bool is_percent = text.ends_with('%');
  std::optional<std::uint64_t> amount =
      is_percent ? parse_uint(std::string_view(text).substr(0, text.size() - 1)) : parse_size(text);
  if (!amount || *amount > (is_percent ? 100U : static_cast<std::uint64_t>(INT64_MAX))) {
    throw Error::of(ErrorKind::kUsage, "{}: \"{}\" is no amount of space", option, text)
        .with_hint("write a size such as 10GB, or a part of the disk such as 20%");
  }
  return {.amount = static_cast<std::int64_t>(*amount), .is_percent = is_percent};
}

store::SpaceBounds bounds_of(const SpaceOptions& options, const sys::DiskSpace& disk,
                             const store::SpaceBounds& otherwise) {
  return {.max_used = bound_of(options.max_used, "max-used-space", disk, otherwise.max_used),
          .min_free = bound_of(options.min_free, "min-free-space", disk, otherwise.min_free),
          .reserved = bound_of(options.reserved, "reserved-space", disk, otherwise.reserved)};
}

}  // namespace cairn::cli
