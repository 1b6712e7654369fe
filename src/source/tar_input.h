// SPDX-License-Identifier: Apache-2.0
//
// The tar that a person hands over, however it is compressed: gzip and zstd by our own fast
// readers, bzip2 and xz, which layers never use but root filesystems often do, by libarchive.
#pragma once

#include <memory>

#include "base/stream.h"

namespace cairn::source {

// Reads `in` (borrowed) as the plain bytes of a tar. Throws kCorrupt for what does not begin like
// one.
std::unique_ptr<ByteSource> open_tar(ByteSource& in);

}  // namespace cairn::source
