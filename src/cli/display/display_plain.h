// SPDX-License-Identifier: Apache-2.0
//
// Progress as lines that are only ever appended: for logs and pipes.
#pragma once

#include <memory>

#include "cli/display/display.h"

namespace cairn::cli {

std::unique_ptr<Display> make_plain_display();

}  // namespace cairn::cli
