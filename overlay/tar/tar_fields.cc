// SPDX-License-Identifier: Apache-2.0
//
// Numbers in tar headers are octal text, but writers have padded them in every way and GNU tar put
// base-256 in their place. Accepts what Go's archive/tar accepts; everything else is damage, and
// never a silent 0.
#include "overlay/tar/internal/tar_fields.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"

namespace cairn::overlay::internal {
namespace {

// Big-endian two's complement in 7 + 8n bits, the top bit of the first byte being the mark.
std::int64_t base_256(std::string_view field) {
  bool negative = (field[0] & 0x40) != 0;
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < field.size(); ++i) {
    std::uint8_t byte = static_cast<std::uint8_t>(field[i]);
    if (i == 0) byte = negative ? byte | 0x80 : byte & 0x7f;
    // The nine top bits must all be the sign, or the shift by a byte would lose some.
    if ((value >> 55) != (negative ? 0x1ff : 0))
      throw_damaged_tar("a number that does not fit 64 bits");
    value = value << 8 | byte;
  }
  return static_cast<std::int64_t>(value);
}

}  // namespace

void throw_damaged_tar(std::string_view what) {
  throw Error::of(ErrorKind::kCorrupt, "damaged tar archive: {}", what);
}

std::int64_t tar_number(std::string_view field) {
  if ((field[0] & 0x80) != 0) return base_256(field);
  while (!field.empty() && (field.front() == ' ' || field.front() == '\0')) field.remove_prefix(1);
  field = field.substr(0, field.find('\0'));
  field = trim(field);
  // An empty field is 0: old writers leave out what does not matter.
  if (field.empty()) return 0;
  std::optional<std::uint64_t> value = parse_uint(field, 8);
  if (!value || *value > INT64_MAX) throw_damaged_tar("a number that is not octal");
  return static_cast<std::int64_t>(*value);
}

std::uint64_t tar_size(std::string_view field) {
  std::int64_t size = tar_number(field);
  if (size < 0) throw_damaged_tar("a negative size");
  return static_cast<std::uint64_t>(size);
}

std::string tar_text(std::string_view field) {
  return std::string(field.substr(0, field.find('\0')));
}

Timestamp pax_time(std::string_view text) {
  bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  std::size_t dot = text.find('.');
  std::optional<std::uint64_t> seconds = parse_uint(text.substr(0, dot));
  if (!seconds || *seconds > INT64_MAX / 2) throw_damaged_tar("a time that is no number");
  std::int32_t nanos = 0;
  if (dot != std::string_view::npos) {
    std::string digits(text.substr(dot + 1, 9));
    digits.resize(9, '0');
    std::optional<std::uint64_t> fraction = parse_uint(digits);
    if (!fraction) throw_damaged_tar("a time that is no number");
    nanos = static_cast<std::int32_t>(*fraction);
  }
  Timestamp time{.seconds = static_cast<std::int64_t>(*seconds), .nanos = nanos};
  if (!negative) return time;
  // -1.25 s is 2 s before the epoch and 0.75 s after that: nanos are never negative.
  if (nanos == 0) return {.seconds = -time.seconds};
  return {.seconds = -time.seconds - 1, .nanos = 1'000'000'000 - nanos};
}

std::uint64_t pax_number(std::string_view text) {
  std::optional<std::uint64_t> value = parse_uint(text);
  if (!value || *value > INT64_MAX) throw_damaged_tar("a pax record that is no number");
  return *value;
}

void parse_pax(std::string_view text, std::map<std::string, std::string>& records) {
  std::string map;
  while (!text.empty()) {
    std::size_t space = text.find(' ');
    std::optional<std::uint64_t> length =
        space == std::string_view::npos ? std::nullopt : parse_uint(text.substr(0, space));
    if (!length || *length > text.size() || *length < space + 3)
      throw_damaged_tar("a pax record's length");
    std::string_view record = text.substr(space + 1, *length - space - 1);
    text.remove_prefix(*length);
    std::size_t equals = record.find('=');
    if (!record.ends_with('\n') || equals == 0 || equals == std::string_view::npos) {
      throw_damaged_tar("a pax record's form");
    }
    std::string key(record.substr(0, equals));
    std::string value(record.substr(equals + 1, record.size() - equals - 2));
    bool is_name = key == "path" || key == "linkpath";
    if (is_name && value.find('\0') != std::string::npos)
      throw_damaged_tar("a name with a NUL in it");
    // The pairs come in order; joined with commas they are a map of format 0.1.
    if (key == "GNU.sparse.offset" || key == "GNU.sparse.numbytes") {
      map += (map.empty() ? "" : ",") + value;
    } else if (value.empty()) {
      records.erase(key);
    } else {
      records[key] = std::move(value);
      if (records.size() > limits::kTarRecords) {
        throw Error::of(ErrorKind::kLimit, "an entry of a tar archive has more than {} pax records",
                        limits::kTarRecords);
      }
    }
  }
  if (!map.empty()) records["GNU.sparse.map"] = std::move(map);
}

}  // namespace cairn::overlay::internal
