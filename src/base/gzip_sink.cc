// SPDX-License-Identifier: Apache-2.0
//
// Writes gzip on several threads, as one member. The input is cut into blocks of 1 MiB, which isa-l
// or zlib compresses independently. Each ends in a full flush (an empty stored block, RFC 1951,
// 3.2.4), so that the next starts at a byte boundary; an empty last block closes the stream. The
// cuts depend on the input alone, and so does the output.
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>

#include "base/error.h"
#include "base/internal/codecs.h"
#include "base/internal/isal.h"
#include "base/sys/library.h"
#include "base/thread_pool.h"

namespace cairn::internal {
namespace {

constexpr std::size_t kBlockSize = 1 << 20;
// Data that does not compress becomes stored blocks: 5 bytes of header for up to 64 KiB each.
constexpr std::size_t kMaxOutput = kBlockSize + (64 << 10);
constexpr int kMaxIsalLevel = 3;

// The library is loaded at the first call (sys/library.h).
struct Zlib {
  sys::Library library{"libz.so.1", "zlib1g"};
  CAIRN_FUNCTION_OF(library, deflateInit2_);
  CAIRN_FUNCTION_OF(library, deflate);
  CAIRN_FUNCTION_OF(library, deflateEnd);
};

const Zlib& zlib() {
  static const Zlib loaded;
  return loaded;
}

struct Block {
  std::vector<std::byte> input = std::vector<std::byte>(kBlockSize);
  std::size_t input_size = 0;
  std::vector<std::byte> output = std::vector<std::byte>(kMaxOutput);
  std::size_t output_size = 0;
  std::vector<std::uint8_t> tables = {};  // work space of isa-l
};

std::size_t table_size(int level) {
  constexpr std::size_t kSizes[] = {0, ISAL_DEF_LVL1_DEFAULT, ISAL_DEF_LVL2_DEFAULT,
                                    ISAL_DEF_LVL3_DEFAULT};
  return kSizes[level];
}

void compress_by_isal(Block& block, int level) {
  block.tables.resize(table_size(level));
  // isa-l also searches what an earlier block left in its tables. That finds worse matches, and
  // makes the output depend on which block used the memory before. (Measured: 18 % larger, varying
  // with the number of threads.)
  std::ranges::fill(block.tables, std::uint8_t{0});
  isal_zstream stream{};
  isal().isal_deflate_stateless_init(&stream);
  stream.level = static_cast<std::uint32_t>(level);
  stream.level_buf = block.tables.data();
  stream.level_buf_size = static_cast<std::uint32_t>(block.tables.size());
  stream.flush = FULL_FLUSH;
  stream.end_of_stream = 0;
  stream.next_in = reinterpret_cast<std::uint8_t*>(block.input.data());
  stream.avail_in = static_cast<std::uint32_t>(block.input_size);
  stream.next_out = reinterpret_cast<std::uint8_t*>(block.output.data());
  stream.avail_out = static_cast<std::uint32_t>(block.output.size());
  int result = isal().isal_deflate_stateless(&stream);
  CAIRN_ASSERT(result == COMP_OK && stream.avail_in == 0, "a gzip block does not fit");
  block.output_size = stream.total_out;
}

void compress_by_zlib(Block& block, int level) {
  constexpr int kRaw = -15;  // raw deflate with a window of 32 KiB
  // zlib's own default.
  constexpr int kMemory = 8;
  z_stream stream{};
  int result = zlib().deflateInit2_(&stream, level, Z_DEFLATED, kRaw, kMemory, Z_DEFAULT_STRATEGY,
                                    ZLIB_VERSION, sizeof stream);
  if (result != Z_OK) throw Error(ErrorKind::kHost, "zlib cannot begin, there is no memory");
  stream.next_in = reinterpret_cast<Bytef*>(block.input.data());
  stream.avail_in = static_cast<uInt>(block.input_size);
  stream.next_out = reinterpret_cast<Bytef*>(block.output.data());
  stream.avail_out = static_cast<uInt>(block.output.size());
  result = zlib().deflate(&stream, Z_FULL_FLUSH);
  bool is_done = result == Z_OK && stream.avail_in == 0 && stream.avail_out > 0;
  block.output_size = stream.total_out;
  zlib().deflateEnd(&stream);
  CAIRN_ASSERT(is_done, "a gzip block does not fit");
}

void compress(Block& block, int level) {
  if (level >= 1 && level <= kMaxIsalLevel) return compress_by_isal(block, level);
  compress_by_zlib(block, level);
}

class GzipSink final : public CompressingSink {
 public:
  GzipSink(ByteSink& out, std::size_t threads, int level)
      : out_(out), level_(level), current_(std::make_unique<Block>()) {
    if (threads > 1) pool_ = std::make_unique<ThreadPool>(threads);
    // No name, no time, no flags; 255 is "unknown operating system" (RFC 1952, 2.3).
    constexpr std::array<unsigned char, 10> kHeader{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
    out_.write(std::as_bytes(std::span(kHeader)));
  }

  void write(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      std::size_t count = std::min(bytes.size(), kBlockSize - current_->input_size);
      std::memcpy(current_->input.data() + current_->input_size, bytes.data(), count);
      current_->input_size += count;
      bytes = bytes.subspan(count);
      if (current_->input_size == kBlockSize) submit();
    }
  }

  void finish() override {
    if (current_->input_size > 0) submit();
    while (!running_.empty()) collect();
    std::array<unsigned char, 10> trailer{
        0x03, 0x00};  // an empty last block of fixed codes: RFC 1951, 3.2.6
    // CRC32 and ISIZE (modulo 2^32), little-endian: RFC 1952, 2.3.1.
    for (unsigned i = 0; i < 4; ++i) {
      trailer[2 + i] = static_cast<unsigned char>(crc_ >> (8 * i));
      trailer[6 + i] = static_cast<unsigned char>(size_ >> (8 * i));
    }
    out_.write(std::as_bytes(std::span(trailer)));
  }

 private:
  using BlockPtr = std::unique_ptr<Block>;

  void submit() {
    const auto* input = reinterpret_cast<const unsigned char*>(current_->input.data());
    crc_ = isal().crc32_gzip_refl(crc_, input, current_->input_size);
    size_ += current_->input_size;
    if (!pool_) {
      compress(*current_, level_);
      write_out(std::move(current_));
    } else {
      // std::function needs a copyable callable, and a unique_ptr is not: the job gets a raw
      // pointer and takes ownership when it runs.
      Block* block = current_.release();
      running_.push_back(pool_->run([block, level = level_] {
        BlockPtr own(block);
        compress(*own, level);
        return own;
      }));
      // Two blocks for each thread keep all busy while one is written, and bound the memory.
      if (running_.size() > 2 * pool_->size()) collect();
    }
    current_ = spare_ ? std::move(spare_) : std::make_unique<Block>();
  }

  // Waits for the oldest block, so that blocks are written in the order of the input.
  void collect() {
    BlockPtr done = running_.front().get();
    running_.pop_front();
    write_out(std::move(done));
  }

  void write_out(BlockPtr block) {
    out_.write(std::span(block->output).first(block->output_size));
    block->input_size = 0;
    spare_ = std::move(block);
  }

  ByteSink& out_;
  int level_;
  BlockPtr current_;
  BlockPtr spare_;  // one used block, to be filled again
  std::uint32_t crc_ = 0;
  std::uint64_t size_ = 0;
  std::deque<ThreadPool::Result<BlockPtr>> running_;
  std::unique_ptr<ThreadPool> pool_;  // last: its threads end before what they use
};

}  // namespace

std::unique_ptr<CompressingSink> gzipping(ByteSink& out, std::size_t threads, int level) {
  return std::make_unique<GzipSink>(out, threads, level);
}

}  // namespace cairn::internal
