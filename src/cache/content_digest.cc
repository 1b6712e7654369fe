// SPDX-License-Identifier: Apache-2.0
//
// A path may name a directory, which TreeScan walks with several threads, or a single file or node,
// which is digested here. The old index stays mapped while the new one is written, since unchanged
// directories are copied from it as blocks; if nothing changed, nothing is written.
#include "cache/content_digest.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/text.h"
#include "cache/internal/tree_scan.h"

namespace cairn::cache {
namespace {

using internal::Owners;
using sys::Fd;

constexpr std::size_t kBufferSize = 256 << 10;

internal::FileContent read_file(const Fd& found, Owners owners) {
  std::vector<std::byte> buffer(kBufferSize);
  return internal::file_content(sys::reopen(found, O_RDONLY | O_NONBLOCK), owners, buffer);
}

Fd open_directory(const Fd& found) {
  return sys::reopen(found, O_RDONLY | O_DIRECTORY);
}

// A single file, indexed as the only one of a tree. It is read unless the index covers it.
Digest indexed_file(const Fd& found, const struct stat& st, const StatIndex* known,
                    StatIndexWriter& writer) {
  FileStamp stamp = FileStamp::of(st);
  StatIndex::Directory top = known != nullptr ? known->directory("") : StatIndex::Directory();
  std::optional<IndexedFile> before = top.find("");
  if (before && before->stamp == stamp && known->trusts(stamp)) {
    writer.keep("", top);
    return before->digest;
  }
  internal::FileContent content = read_file(found, Owners::kIgnored);
  writer.add("", {{"", content.stamp, content.digest}});
  return content.digest;
}

}  // namespace

FileDigester::FileDigester(const sys::Fd& file, const struct stat& st,
                           const std::vector<std::string>& xattrs) {
  internal::add_header(hash_, st, Owners::kIgnored);
  internal::add_xattrs(hash_, file, xattrs);
  content_ = std::make_unique<internal::ContentHash>(hash_, static_cast<std::uint64_t>(st.st_size));
}

FileDigester::~FileDigester() = default;

void FileDigester::write(std::span<const std::byte> bytes) {
  content_->add(bytes);
}

Digest FileDigester::finish() {
  content_->finish();
  return hash_.finish();
}

Digest content_digest(const sys::RootDir& root, const std::string& path,
                      const ContentOptions& options) {
  ErrorContext while_here([&] { return "reading " + path; });
  Owners owners = options.ignore_owner ? Owners::kIgnored : Owners::kCount;
  Fd found = root.open_in(path, O_PATH);
  struct stat st = sys::stat_of(found);
  if (S_ISREG(st.st_mode)) return read_file(found, owners).digest;
  if (!S_ISDIR(st.st_mode)) return internal::node_digest(st, owners);
  internal::TreeScan scan(options, nullptr, nullptr);
  return scan.run(open_directory(found), rooted_path(path).substr(1));
}

IndexedContent indexed_content(const sys::RootDir& root, const std::string& path,
                               const ContentOptions& options, const IndexPlace& place) {
  CAIRN_ASSERT(options.ignore_owner, "an index knows digests without owners");
  ErrorContext while_here([&] { return "reading " + path; });
  Fd found = root.open_in(path, O_PATH);
  struct stat st = sys::stat_of(found);
  if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
    return {.digest = internal::node_digest(st, Owners::kIgnored), .files = nullptr};
  }
  std::optional<StatIndex> known = StatIndex::find(place.file, place.now);
  const StatIndex* before = known ? &*known : nullptr;
  StatIndexWriter writer(place.tmp_dir, place.now, before);
  Digest digest = S_ISREG(st.st_mode)
                      ? indexed_file(found, st, before, writer)
                      : internal::TreeScan(options, before, &writer)
                            .run(open_directory(found), rooted_path(path).substr(1));
  StatIndex files = writer.is_known() ? *std::move(known) : writer.finish(place.file);
  return {.digest = digest, .files = std::make_shared<const StatIndex>(std::move(files))};
}

}  // namespace cairn::cache
