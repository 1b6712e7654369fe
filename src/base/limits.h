// SPDX-License-Identifier: Apache-2.0
//
// Bounds on foreign input: how much of anything that a Dockerfile, a step, an archive or a server
// can make arbitrarily large is kept in memory or shown. What exceeds a bound is refused with
// kLimit or kDockerfile, cut and counted, or passed on in pieces; the reader's header says which.
// Sizes are in bytes unless the name says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cairn::limits {

// The text of a Dockerfile: refused. BuildKit's messages carry 16 MiB.
inline constexpr std::size_t kDockerfile = std::size_t{16} << 20;
// The text of an ignore file, whose compiled patterns take forty times its size: refused.
inline constexpr std::size_t kIgnoreFile = std::size_t{512} << 10;
// Instructions of a Dockerfile, and flags of one instruction: refused. BuildKit has no bounds.
inline constexpr std::size_t kInstructions = 10'000;
inline constexpr std::size_t kFlags = 1000;
// Words of all instructions of a Dockerfile, including their flags and the comments above them; the
// text of a RUN is one word. Refused, as are more variables, or more words in one expansion.
inline constexpr std::size_t kWords = 100'000;
// Beyond this size, faults of a Dockerfile are shown without columns, and there is no lint: both
// search the text many times.
inline constexpr std::size_t kSearchedText = std::size_t{128} << 10;

// What one expansion of $variables may add to its text: refused. BuildKit has no bound.
inline constexpr std::size_t kExpansion = std::size_t{1} << 20;
// What all expansions of one plan may add, including the copies of environments and arguments that
// its steps, stages and history lines keep: refused.
inline constexpr std::size_t kAllExpansions = std::size_t{8} << 20;
// Comparisons that one ${name/pattern/text} or ${name#pattern} may take.
inline constexpr std::uint64_t kPatternWork = std::uint64_t{1} << 30;

// A line of a step's log. A longer one is passed on in pieces of this size.
inline constexpr std::size_t kLogLine = std::size_t{64} << 10;
// The end of a failed step's log that is shown again: lines, and their bytes.
inline constexpr std::size_t kFailedLogLines = 1000;
inline constexpr std::size_t kFailedLogBytes = std::size_t{1} << 20;
// The file that keeps the log of a failed step. Output beyond it is not kept.
inline constexpr std::size_t kLogFile = std::size_t{64} << 20;
// Log files that are kept; older ones are removed.
inline constexpr std::size_t kLogFiles = 10;
// Log lines of a step that are held back while another step is shown, in bytes.
inline constexpr std::size_t kWaitingLog = std::size_t{1} << 20;

// One entry of a tar: the bytes of its extended headers together (pax records, GNU long names), and
// the number of records. Refused. Go's archive/tar allows 1 MiB for each header and bounds no sum.
inline constexpr std::size_t kTarHeaders = std::size_t{4} << 20;
inline constexpr std::size_t kTarRecords = 16 << 10;
// The name of an entry, and the path of a directory that an archive creates: refused. Linux takes
// at most 4096 bytes in one call. Layers that cairn writes have no longer paths either
// (base/layer_path.h).
inline constexpr std::size_t kTarPath = 16 << 10;
// The number of names in such a path.
inline constexpr std::size_t kTarDepth = 4096;
// What is remembered of an archive until its end, in bytes: directories that it implies but does
// not contain, and hard links to files of other layers. Refused.
inline constexpr std::size_t kTarDirectories = std::size_t{32} << 20;
inline constexpr std::size_t kTarLinks = std::size_t{16} << 20;

// From this size on, holes of a file are also holes in layers and in digests; in smaller files they
// are zeros. It is also the first size that the octal size field of ustar cannot hold.
inline constexpr std::uint64_t kSparseFile = std::uint64_t{8} << 30;
// The granularity of such holes: this many zeros, at a multiple of it, are a hole.
inline constexpr std::size_t kHole = std::size_t{1} << 20;
// The most data extents in the map of a sparse file that cairn writes. Go's archive/tar reads maps
// of up to 1 MiB.
inline constexpr std::size_t kExtents = 30'000;

// The window of a zstd frame and the dictionary of an xz stream, which is the same to xz: refused.
// libzstd's own default, and twice what "xz -9" asks for.
inline constexpr std::size_t kWindow = std::size_t{128} << 20;
// A decompression window up to this size is not counted: 8 MiB, which RFC 8878 recommends that
// every decoder supports, and its buffers.
inline constexpr std::size_t kSmallWindow = std::size_t{9} << 20;
// All counted windows of the process together (base/window_memory.h); a larger one waits until it
// is the only one. Room for two of the largest, with their buffers.
inline constexpr std::size_t kAllWindows = 2 * kWindow + (std::size_t{16} << 20);

// Values in one JSON document, including objects and lists: refused. A value takes up to 150 bytes
// of memory for 8 bytes of text. The largest index or config that is accepted has some 100'000.
inline constexpr std::size_t kJsonValues = 250'000;

// Symbolic links followed for one path, as the kernel's MAXSYMLINKS (path_resolution(7)).
inline constexpr int kSymlinks = 40;

// Foreign text in a message: the columns shown; the rest is counted.
inline constexpr std::size_t kForeignColumns = 200;
// A message of cairn that quotes such text: columns of a line, and lines.
inline constexpr std::size_t kMessageColumns = 1000;
inline constexpr std::size_t kMessageLines = 40;

}  // namespace cairn::limits
