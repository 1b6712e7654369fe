// SPDX-License-Identifier: Apache-2.0
//
// An archive, read as layers are: entries with their content. Checksums of headers are mended
// first: they would keep nearly every input from what lies behind them.
#include "overlay/tar/internal/tar_reader.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/tar_maker.h"

using namespace cairn;
using namespace cairn::overlay::internal;

namespace {

std::string with_checksums(std::string tar) {
  for (std::size_t at = 0; at + kBlock <= tar.size(); at += kBlock) {
    if (tar.compare(at + 257, 5, "ustar") != 0) continue;
    char header[kBlock];
    tar.copy(header, kBlock, at);
    tar.replace(at, kBlock, test::TarMaker().add_raw(header).unended());
  }
  return tar;
}

// Bytes of a file that the archive holds.
std::uint64_t stored_size(const TarEntry& entry) {
  if (!entry.extents) return entry.size;
  std::uint64_t sum = 0;
  for (const TarExtent& extent : *entry.extents) sum += extent.size;
  return sum;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string tar = with_checksums(std::string(fuzz::text_of(data, size)));
  fuzz::try_it({ErrorKind::kCorrupt, ErrorKind::kLimit}, [&] {
    MemorySource source(tar);
    TarReader reader(source);
    std::uint64_t entries = 0, content = 0;
    while (std::optional<TarEntry> entry = reader.next()) {
      fuzz::require(++entries <= tar.size() / kBlock);
      fuzz::require(entry->mode <= 07777);
      if (entry->extents) check_extents(*entry->extents, entry->size);
      if (entry->type != TarEntry::Type::kFile) continue;
      for (std::uint64_t left = stored_size(*entry); left > 0;) {
        std::size_t taken = reader.read_content(left).size();
        fuzz::require(taken > 0 && taken <= left);
        left -= taken;
        content += taken;
      }
      fuzz::require(content <= tar.size());
    }
    reader.drain();
  });
  return 0;
}
