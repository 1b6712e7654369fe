// SPDX-License-Identifier: Apache-2.0
//
// zstd by libzstd, both ways. A stream with a large window waits for its share of memory
// (window_memory.h). The library reports an allocation only through a custom allocator. The
// function that sets one is behind ZSTD_STATIC_LINKING_ONLY in the header, but every libzstd.so
// exports it.
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <bit>
#include <new>

#include "base/error.h"
#include "base/internal/codecs.h"
#include "base/limits.h"
#include "base/sys/library.h"
#include "base/window_memory.h"

namespace cairn::internal {
namespace {

constexpr int kMaxWindowLog = std::countr_zero(limits::kWindow);

// Loaded at the first call. Debian's static libzstd is no choice: it is built without threads, and
// gives other bytes.
struct Zstd {
  sys::Library library{"libzstd.so.1", "libzstd1"};
  CAIRN_FUNCTION_OF(library, ZSTD_CCtx_setParameter);
  CAIRN_FUNCTION_OF(library, ZSTD_CStreamOutSize);
  CAIRN_FUNCTION_OF(library, ZSTD_DCtx_setParameter);
  CAIRN_FUNCTION_OF(library, ZSTD_compressStream2);
  CAIRN_FUNCTION_OF(library, ZSTD_createCCtx);
  CAIRN_FUNCTION_OF(library, ZSTD_createDCtx_advanced);
  CAIRN_FUNCTION_OF(library, ZSTD_decompressStream);
  CAIRN_FUNCTION_OF(library, ZSTD_freeCCtx);
  CAIRN_FUNCTION_OF(library, ZSTD_freeDCtx);
  CAIRN_FUNCTION_OF(library, ZSTD_getErrorCode);
  CAIRN_FUNCTION_OF(library, ZSTD_getErrorName);
  CAIRN_FUNCTION_OF(library, ZSTD_isError);
};

const Zstd& zstd() {
  static const Zstd loaded;
  return loaded;
}

struct Free {
  void operator()(ZSTD_DCtx* context) const { zstd().ZSTD_freeDCtx(context); }
  void operator()(ZSTD_CCtx* context) const { zstd().ZSTD_freeCCtx(context); }
};

ZSTD_DCtx* new_context() {
  ZSTD_DCtx* context = zstd().ZSTD_createDCtx_advanced(
      {.customAlloc = allocate_window, .customFree = free_window, .opaque = nullptr});
  if (context == nullptr) throw std::bad_alloc();
  return context;
}

class ZstdSource final : public ByteSource {
 public:
  ZstdSource(std::unique_ptr<PeekedSource> source, const DecompressLimits& limits)
      : source_(std::move(source)), guard_(limits), context_(new_context()) {
    zstd().ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kMaxWindowLog);
  }

  std::size_t read(std::span<std::byte> buffer) override {
    while (context_ != nullptr) {
      std::span<const std::byte> input = source_->fill();
      if (input.empty() && frame_done_) {
        context_.reset();  // frees its window for other streams
        return 0;
      }
      ZSTD_inBuffer in{.src = input.data(), .size = input.size(), .pos = 0};
      ZSTD_outBuffer out{.dst = buffer.data(), .size = buffer.size(), .pos = 0};
      std::size_t result = zstd().ZSTD_decompressStream(context_.get(), &out, &in);
      if (zstd().ZSTD_isError(result) != 0) fail(result);
      source_->skip(in.pos);
      guard_.count(source_->taken(), out.pos);
      // 0 means that a frame is complete; another may follow (RFC 8878, 3).
      frame_done_ = result == 0;
      if (out.pos > 0) return out.pos;
      if (input.empty() && !frame_done_) {
        throw Error::of(ErrorKind::kCorrupt, "damaged zstd data: it ends too early");
      }
    }
    return 0;
  }

 private:
  [[noreturn]] static void fail(std::size_t result) {
    if (zstd().ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge) {
      throw Error::of(ErrorKind::kLimit, "zstd data asks for a window of more than {} MiB",
                      limits::kWindow >> 20)
          .with_hint(fmt::format("compress it with \"zstd --long={}\" or less", kMaxWindowLog));
    }
    throw Error::of(ErrorKind::kCorrupt, "damaged zstd data: {}", zstd().ZSTD_getErrorName(result));
  }

  std::unique_ptr<PeekedSource> source_;
  BombGuard guard_;
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  bool frame_done_ = true;
};

class ZstdSink final : public CompressingSink {
 public:
  ZstdSink(ByteSink& out, std::size_t threads, int level)
      : out_(out), context_(zstd().ZSTD_createCCtx()), buffer_(zstd().ZSTD_CStreamOutSize()) {
    set(ZSTD_c_compressionLevel, level);
    set(ZSTD_c_checksumFlag, 1);
    // Any number of workers from 1 up gives the same bytes. 0 (no worker threads) gives others.
    set(ZSTD_c_nbWorkers, static_cast<int>(std::clamp<std::size_t>(threads, 1, 64)));
    // Half of libzstd's default: 24 MiB less memory on two cores, for 0.3 % more bytes.
    if (level <= 3) set(ZSTD_c_jobSize, 4 << 20);
  }

  void write(std::span<const std::byte> bytes) override {
    ZSTD_inBuffer in{.src = bytes.data(), .size = bytes.size(), .pos = 0};
    while (in.pos < in.size) step(in, ZSTD_e_continue);
  }

  void finish() override {
    ZSTD_inBuffer in{.src = nullptr, .size = 0, .pos = 0};
    while (step(in, ZSTD_e_end) != 0) {
    }
  }

 private:
  void set(ZSTD_cParameter parameter, int value) {
    std::size_t result = zstd().ZSTD_CCtx_setParameter(context_.get(), parameter, value);
    CAIRN_ASSERT(zstd().ZSTD_isError(result) == 0,
                 "this libzstd lacks a parameter, maybe its threads");
  }

  // One call of the codec. When ending, returns the number of bytes that are still to be flushed.
  std::size_t step(ZSTD_inBuffer& in, ZSTD_EndDirective directive) {
    ZSTD_outBuffer out{.dst = buffer_.data(), .size = buffer_.size(), .pos = 0};
    std::size_t left = zstd().ZSTD_compressStream2(context_.get(), &out, &in, directive);
    if (zstd().ZSTD_isError(left) != 0) {
      throw Error::of(ErrorKind::kHost, "zstd cannot compress: {}", zstd().ZSTD_getErrorName(left));
    }
    if (out.pos > 0) out_.write(std::span(buffer_).first(out.pos));
    return left;
  }

  ByteSink& out_;
  std::unique_ptr<ZSTD_CCtx, Free> context_;
  std::vector<std::byte> buffer_;
};

}  // namespace

std::unique_ptr<ByteSource> unzstding(std::unique_ptr<PeekedSource> source,
                                      const DecompressLimits& limits) {
  return std::make_unique<ZstdSource>(std::move(source), limits);
}

std::unique_ptr<CompressingSink> zstding(ByteSink& out, std::size_t threads, int level) {
  return std::make_unique<ZstdSink>(out, threads, level);
}

}  // namespace cairn::internal
