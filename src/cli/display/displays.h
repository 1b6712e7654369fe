// SPDX-License-Identifier: Apache-2.0
//
// The displays that draw, each in its own file, and the number formats they share.
#pragma once

#include <memory>
#include <string>

#include "cli/display/display.h"

namespace cairn::cli {

std::unique_ptr<Display> make_plain_display();
std::unique_ptr<Display> make_tty_display();

// " 3.15MB / 27.1MB 0.4s done": a status line after its name.
std::string describe(const progress::Status& status);
double seconds_between(Timestamp from, Timestamp to);
void write_to_stderr(const std::string& text);

}  // namespace cairn::cli
