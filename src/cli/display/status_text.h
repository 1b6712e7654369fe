// SPDX-License-Identifier: Apache-2.0
//
// Statuses and transfers as lines of text, the same in all displays. Pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "progress/event.h"

namespace cairn::cli {

// What a display draws of a status or a transfer.
struct StatusLine {
  std::string name;          // a later line of the same name replaces it
  std::int64_t current = 0;  // bytes
  std::int64_t total = 0;    // bytes; 0 when unknown
  Timestamp started = {};
  Timestamp time = {};
  bool completed = false;
};
StatusLine line_of(const progress::Transfer& transfer);
StatusLine line_of(const progress::Status& status);

// " 3.15MB / 27.1MB 0.4s done": what follows the name.
std::string describe(const StatusLine& line);
double seconds_between(Timestamp from, Timestamp to);

}  // namespace cairn::cli
