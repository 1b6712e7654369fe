// SPDX-License-Identifier: Apache-2.0
//
// Parses the fields of tar headers and pax records.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/time.h"
#include "overlay/tar/internal/tar_format.h"

namespace cairn::overlay::internal {

[[noreturn]] void throw_damaged_tar(std::string_view what);  // kCorrupt

// Octal digits with spaces or NULs around them, or GNU's base-256. Throws kCorrupt for others.
std::int64_t tar_number(std::string_view field);
std::uint64_t tar_size(std::string_view field);  // the same; kCorrupt if negative
std::string tar_text(std::string_view field);    // up to the first NUL

// "12.5" or "-3": seconds with a fraction, as pax writes times.
Timestamp pax_time(std::string_view text);
std::uint64_t pax_number(std::string_view text);

// Reads "<length> <key>=<value>\n" records into `records`; an empty value removes the key. Throws
// kLimit above limits::kTarRecords. Repeated GNU.sparse.offset and .numbytes (sparse format 0.0)
// are joined into one GNU.sparse.map.
void parse_pax(std::string_view text, std::map<std::string, std::string>& records);

}  // namespace cairn::overlay::internal
