// SPDX-License-Identifier: Apache-2.0
//
// ADD's archives. Where the entries go is the extractor's business, as for a layer, and the tar is
// read by the same reader, so that both have the same rules and bounds. What differs is the
// compression: archives come as bzip2 and xz, too.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/attempt.h"
#include "base/compress.h"
#include "base/error.h"
#include "base/sys/ids.h"
#include "base/sys/root_dir.h"
#include "overlay/internal/extractor.h"
#include "overlay/tar/internal/tar_reader.h"
#include "overlay/unpack.h"

namespace cairn::overlay {
namespace {

// The file's plain bytes, from its start. Keeps all members alive while the stream is read.
class PlainFile {
 public:
  explicit PlainFile(const sys::Fd& file) : raw_(file) {
    if (::lseek(file.get(), 0, SEEK_SET) < 0) throw Error::from_errno(errno, "rewind an archive");
    plain_ = decompressing_archive(raw_);
  }
  ByteSource& bytes() { return *plain_; }

 private:
  sys::FdSource raw_;
  std::unique_ptr<ByteSource> plain_;
};

// What `read` returns, or nullopt if it meets damage: then the file is no archive after all.
template <typename Read>
FoundBy<Read> unless_damaged(Read read) {
  FoundBy<Read> found;
  std::optional<Error> failure = failure_of([&] { found = read(); });
  if (failure && failure->kind() != ErrorKind::kCorrupt) throw *failure;
  return found;
}

}  // namespace

bool looks_like_archive(const sys::Fd& file) {
  if (!S_ISREG(sys::stat_of(file).st_mode)) return false;
  std::array<std::byte, internal::kBlock> block;
  auto fill = [&] {
    PlainFile plain(file);
    std::size_t filled = 0;
    while (filled < block.size()) {
      std::size_t count = plain.bytes().read(std::span(block).subspan(filled));
      if (count == 0) break;
      filled += count;
    }
    return filled;
  };
  // A damaged file only looks compressed.
  std::size_t filled = unless_damaged(fill).value_or(0);
  ::lseek(file.get(), 0, SEEK_SET);
  return internal::is_tar_header(std::span(block).first(filled));
}

std::optional<Timestamp> newest_file(const sys::Fd& file) {
  using Type = internal::TarEntry::Type;
  if (!looks_like_archive(file)) return std::nullopt;
  return unless_damaged([&]() -> std::optional<Timestamp> {
    const UnpackLimits limits;
    std::optional<Timestamp> newest;
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;
    PlainFile plain(file);
    internal::TarReader reader(plain.bytes());
    while (std::optional<internal::TarEntry> entry = reader.next()) {
      bytes += std::min(entry->size, limits.max_bytes);
      // Beyond these bounds unpacking it fails anyway.
      if (++entries > limits.max_entries || bytes > limits.max_bytes) return std::nullopt;
      if (entry->type != Type::kFile && entry->type != Type::kHardLink) continue;
      newest = std::max(newest.value_or(entry->mtime), entry->mtime);
    }
    return newest;
  });
}

UnpackResult unpack_archive(const sys::Fd& file, const sys::RootDir& root, const std::string& dest,
                            const ArchiveOptions& options) {
  using internal::XattrForm;
  internal::ExtractPolicy policy{
      .what = internal::Extract::kArchive,
      .view = options.kind == RootKind::kLayer ? XattrForm::kLayer : XattrForm::kMounted,
      .owner = options.owner,
      .unmapped = options.unmapped};
  // Owners apply to the directories made on the way, too, as for COPY.
  sys::Fd into = root.make_dirs(dest, 0755, [&](const sys::Fd& made) {
    if (options.owner) sys::chown_at(made, "", *options.owner);
  });
  internal::Extractor extractor(std::move(into), policy, options.limits);
  PlainFile plain(file);
  return extractor.run(plain.bytes());
}

}  // namespace cairn::overlay
