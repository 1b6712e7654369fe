// SPDX-License-Identifier: Apache-2.0
//
// compress gzip|zstd FILE: blocks of 1 MiB, each by itself, on all cores; the output is dropped.
// gzip is isa-l at its level 3, zstd is libzstd at level 3.
#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include "floor.h"

namespace {

constexpr std::size_t kBlock = 1 << 20;

void gzip_block(std::vector<unsigned char>& in, std::size_t size) {
  thread_local std::vector<unsigned char> out(2 * kBlock), tables(ISAL_DEF_LVL3_DEFAULT);
  isal_zstream stream;
  isal_deflate_init(&stream);
  stream.level = 3;
  stream.level_buf = tables.data();
  stream.level_buf_size = static_cast<std::uint32_t>(tables.size());
  stream.flush = FULL_FLUSH;
  stream.next_in = in.data();
  stream.avail_in = static_cast<std::uint32_t>(size);
  stream.next_out = out.data();
  stream.avail_out = static_cast<std::uint32_t>(out.size());
  if (isal_deflate(&stream) != COMP_OK) std::exit(1);
}

void zstd_block(std::vector<unsigned char>& in, std::size_t size) {
  thread_local std::vector<unsigned char> out(ZSTD_compressBound(kBlock));
  thread_local ZSTD_CCtx* context = ZSTD_createCCtx();
  if (ZSTD_isError(ZSTD_compressCCtx(context, out.data(), out.size(), in.data(), size, 3))) {
    std::exit(1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  using namespace floors;
  if (argc < 3) return 2;
  auto* compress = std::string(argv[1]) == "gzip" ? gzip_block : zstd_block;
  int file = must(open(argv[2], O_RDONLY), argv[2]);
  struct stat status = {};
  must(fstat(file, &status), argv[2]);
  on_all_cores((static_cast<std::size_t>(status.st_size) + kBlock - 1) / kBlock,
               [&](std::size_t i) {
                 thread_local std::vector<unsigned char> in(kBlock);
                 ssize_t size = pread(file, in.data(), in.size(), static_cast<off_t>(i * kBlock));
                 compress(in, static_cast<std::size_t>(must(size, "pread")));
               });
}
