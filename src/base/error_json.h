// SPDX-License-Identifier: Apache-2.0
//
// Errors that cross a process boundary. Pure functions.
#pragma once

#include <string>

#include "base/error.h"

namespace cairn {

// An Error as one line of JSON and back, to cross a process boundary. The span is not sent: the
// receiver knows where it was.
std::string serialise(const Error& error);
Error parse_error(const std::string& text);

}  // namespace cairn
