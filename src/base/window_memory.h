// SPDX-License-Identifier: Apache-2.0
//
// The memory of decompression windows, for the whole process. A few bytes of input can request the
// largest window of a format, and a build reads as many streams at once as it has steps. So the sum
// is bounded: a stream that needs a large window waits until others have freed theirs.
//
// A thread must not wait here while a thread that holds a window waits for it. A stream inside
// another one (a layer in a compressed archive) holds two windows, so the bound has room for two of
// the largest.
#pragma once

#include <cstddef>

namespace cairn {

// Memory that holds a share of limits::kAllWindows until it is freed, in the signature of
// ZSTD_customMem. Waits until the share is available; a small allocation needs none. Null when the
// host has no more. `unused` is what libraries call opaque. Safe from any thread.
void* allocate_window(void* unused, std::size_t bytes);
void free_window(void* unused, void* memory);

}  // namespace cairn
