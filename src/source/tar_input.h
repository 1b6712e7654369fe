// SPDX-License-Identifier: Apache-2.0
//
// Opens a tar that a user provides, whatever its compression (decompressing_archive()).
#pragma once

#include <memory>

#include "base/stream.h"

namespace cairn::source {

// Reads `in` (borrowed) as the bytes of an uncompressed tar. Throws kCorrupt if it does not start
// like one.
std::unique_ptr<ByteSource> open_tar(ByteSource& in);

}  // namespace cairn::source
