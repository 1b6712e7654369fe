// SPDX-License-Identifier: Apache-2.0
//
// Progress as one block of a terminal that is redrawn. Needs cursor movement.
#pragma once

#include <memory>

#include "cli/display/display.h"

namespace cairn::cli {

std::unique_ptr<Display> make_tty_display();

}  // namespace cairn::cli
