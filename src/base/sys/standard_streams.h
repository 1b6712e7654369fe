// SPDX-License-Identifier: Apache-2.0
//
// Standard output carries results, standard error all other text. A reader takes a result for
// complete, so a failed write must be reported.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/error.h"
#include "base/sys/fd.h"

namespace cairn::sys {

// A duplicate of standard input, which can be closed without closing descriptor 0. Throws kHost.
Fd standard_input();

// Writes all of it to descriptor 1 or 2, even if the descriptor is non-blocking. Returns 0, or the
// errno of the failed write.
int write_standard(int fd, std::span<const std::byte> bytes);
int write_standard(int fd, std::string_view text);

// The error for a failed write to standard output: kUnread when the reader is gone (EPIPE),
// otherwise kHost.
Error unwritten_result(int code);

}  // namespace cairn::sys
