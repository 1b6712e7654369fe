// SPDX-License-Identifier: Apache-2.0
//
// Temporary places for contexts that are not a directory of this host. They vanish with the
// process, or earlier.
#pragma once

#include <stop_token>
#include <string>

#include "base/sys/fd.h"
#include "source/local_context.h"

namespace cairn::source {

// Returns a regular file, at its start, with the bytes of a stream that can be read only once; a
// regular file is returned as it is. The file has no name and lies in `tmp_dir`. Throws kCancelled
// if stopped.
sys::Fd spool(const sys::Fd& stream, const std::string& tmp_dir, const std::stop_token& stop);

// An empty directory below `tmp_dir`, removed with the last copy of the context.
LocalContext empty_context(const std::string& tmp_dir);

}  // namespace cairn::source
