// SPDX-License-Identifier: Apache-2.0
//
// Where an archive goes: stdout, or a file that appears whole.
#pragma once

#include <functional>
#include <string>

#include "base/sys/fd.h"

namespace cairn::cli {

// "-" is stdout, refused when it is a terminal. A file is written beside `dest` and renamed over
// it.
void write_output_file(const std::string& dest, const std::function<void(const sys::Fd&)>& write);

}  // namespace cairn::cli
