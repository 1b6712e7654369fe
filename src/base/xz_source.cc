// SPDX-License-Identifier: Apache-2.0
//
// Reads xz by liblzma, for archives. A few bytes of xz can ask for a dictionary of 4 GiB, so the
// library gets a limit, and takes its memory from the windows that all streams share
// (window_memory.h). That is why libarchive's filter is no choice: its limit is 1 GiB for each
// stream and cannot be set.
#include <lzma.h>

#include <limits>
#include <new>

#include "base/error.h"
#include "base/internal/codecs.h"
#include "base/limits.h"
#include "base/sys/library.h"
#include "base/window_memory.h"

namespace cairn::internal {
namespace {

// The dictionary, and what the decoder needs beside it: some 100 KiB.
constexpr std::uint64_t kMemory = limits::kWindow + (std::uint64_t{1} << 20);

struct Lzma {
  sys::Library library{"liblzma.so.5", "liblzma5"};
  CAIRN_FUNCTION_OF(library, lzma_code);
  CAIRN_FUNCTION_OF(library, lzma_end);
  CAIRN_FUNCTION_OF(library, lzma_memusage);
  CAIRN_FUNCTION_OF(library, lzma_stream_decoder);
};

const Lzma& lzma() {
  static const Lzma loaded;
  return loaded;
}

void* allocate(void* unused, std::size_t count, std::size_t size) {
  if (size != 0 && count > std::numeric_limits<std::size_t>::max() / size) return nullptr;
  return allocate_window(unused, count * size);
}

constexpr lzma_allocator kAllocator{.alloc = allocate, .free = free_window, .opaque = nullptr};

class XzSource final : public ByteSource {
 public:
  XzSource(std::unique_ptr<PeekedSource> source, const DecompressLimits& limits)
      : source_(std::move(source)), guard_(limits) {
    stream_.allocator = &kAllocator;
    // Several streams and zeros between them may follow one another (xz file format, 2).
    check(lzma().lzma_stream_decoder(&stream_, kMemory, LZMA_CONCATENATED));
  }
  ~XzSource() override { lzma().lzma_end(&stream_); }
  XzSource(const XzSource&) = delete;
  XzSource& operator=(const XzSource&) = delete;

  std::size_t read(std::span<std::byte> buffer) override {
    while (!ended_) {
      std::size_t count = decode(buffer);
      if (count > 0) return count;
    }
    return 0;
  }

 private:
  std::size_t decode(std::span<std::byte> buffer) {
    std::span<const std::byte> input = source_->fill();
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(input.data());
    stream_.avail_in = input.size();
    stream_.next_out = reinterpret_cast<std::uint8_t*>(buffer.data());
    stream_.avail_out = buffer.size();
    // Only LZMA_FINISH tells the decoder that no further stream follows.
    lzma_ret result = lzma().lzma_code(&stream_, input.empty() ? LZMA_FINISH : LZMA_RUN);
    source_->skip(input.size() - stream_.avail_in);
    std::size_t count = buffer.size() - stream_.avail_out;
    guard_.count(source_->taken(), count);
    ended_ = result == LZMA_STREAM_END;
    if (ended_) {
      lzma().lzma_end(&stream_);  // frees its dictionary for other streams
    } else {
      check(result);
    }
    return count;
  }

  void check(lzma_ret result) {
    const char* what = "it cannot be decoded";
    switch (result) {
      case LZMA_OK: return;
      case LZMA_MEM_ERROR: throw std::bad_alloc();
      case LZMA_MEMLIMIT_ERROR: refuse();
      // The second call in a row that neither took nor gave a byte.
      case LZMA_BUF_ERROR: what = "it ends too early"; break;
      case LZMA_OPTIONS_ERROR: what = "it has options that liblzma does not know"; break;
      default: break;
    }
    throw Error::of(ErrorKind::kCorrupt, "damaged xz data: {}", what);
  }

  [[noreturn]] void refuse() {
    // Dictionaries of this size are whole MiB, and the rest is less than one.
    throw Error::of(ErrorKind::kLimit, "xz data asks for a dictionary of {} MiB, more than {} MiB",
                    lzma().lzma_memusage(&stream_) >> 20, limits::kWindow >> 20)
        .with_hint("compress it with \"xz -9\", whose dictionary is 64 MiB, or with a lower level");
  }

  std::unique_ptr<PeekedSource> source_;
  BombGuard guard_;
  lzma_stream stream_{};  // as LZMA_STREAM_INIT
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> unxzing(std::unique_ptr<PeekedSource> source,
                                    const DecompressLimits& limits) {
  return std::make_unique<XzSource>(std::move(source), limits);
}

}  // namespace cairn::internal
