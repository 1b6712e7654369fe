// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/error.h"

namespace cairn::overlay {

// Does a whole overlay life in a new directory below `dir`: mount, append to a lower file, remove
// it, replace a lower directory, and look at what the upper then holds (a mount alone proves
// little: without userxattr it works in a user namespace, until a directory is removed). Nothing
// when all is fine, and the tests that mount can run.
std::optional<Error> probe_overlay(const std::string& dir);

}  // namespace cairn::overlay
