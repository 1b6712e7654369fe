// SPDX-License-Identifier: Apache-2.0
//
// One block decides what follows. Extended headers ('x', 'L', 'K') are collected until the entry
// they describe; then the header is decoded, records over fields. What remains of an entry's
// content is skipped by reading, since the source cannot seek. All lengths are checked before
// memory is taken for them.
#include "overlay/tar/internal/tar_reader.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "base/attempt.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "overlay/tar/internal/tar_fields.h"

namespace cairn::overlay::internal {
namespace {

// The size of a pax header or a GNU long name. Go's archive/tar has the same bound.
constexpr std::uint64_t kMaxSpecial = 1 << 20;
constexpr std::size_t kBufferSize = 256 << 10;

bool is_zero(const TarBlock& block) {
  return std::ranges::all_of(block, [](char c) { return c == '\0'; });
}

// Some old writers summed signed bytes, so both sums are accepted, as in Go and GNU tar.
bool checksum_holds(const TarBlock& block) {
  std::int64_t signed_sum = static_cast<std::int64_t>(kChecksum.width) * ' ';
  for (std::size_t i = 0; i < kBlock; ++i) {
    bool in_field = i >= kChecksum.offset && i < kChecksum.offset + kChecksum.width;
    if (!in_field) signed_sum += static_cast<signed char>(block[i]);  // as some old writers did
  }
  std::int64_t stated = tar_number(field(block, kChecksum));
  return stated == static_cast<std::int64_t>(tar_checksum(block)) || stated == signed_sum;
}

bool is_gnu(const TarBlock& block) {
  return field(block, kMagic) == std::string_view("ustar  \0", kMagic.width);
}

TarEntry::Type type_of(char flag, const std::string& path) {
  using Type = TarEntry::Type;
  switch (flag) {
    case '\0':  // before ustar, only a trailing slash marked a directory
      return path.ends_with('/') ? Type::kDir : Type::kFile;
    case '0': return Type::kFile;
    case '1': return Type::kHardLink;
    case '2': return Type::kSymlink;
    case '3': return Type::kChar;
    case '4': return Type::kBlock;
    case '5': return Type::kDir;
    case '6': return Type::kFifo;
    case '7':  // contiguous
    case 'S': return Type::kFile;
    default: return Type::kOther;
  }
}

// Whether content blocks follow an entry of this type, whatever its name ends in.
bool has_content(TarEntry::Type type, char flag) {
  return type == TarEntry::Type::kFile || type == TarEntry::Type::kOther || flag == '\0';
}

const std::string* find(const std::map<std::string, std::string>& records, const char* key) {
  auto found = records.find(key);
  return found == records.end() ? nullptr : &found->second;
}

std::string path_in(const TarBlock& block) {
  std::string path = tar_text(field(block, kName));
  // GNU's header has other fields where ustar has the prefix.
  bool is_ustar = field(block, kMagic).starts_with(std::string_view("ustar\0", 6));
  std::string prefix = is_ustar ? tar_text(field(block, kPrefix)) : "";
  return prefix.empty() ? path : prefix + "/" + path;
}

void apply_records(const std::map<std::string, std::string>& records, TarEntry& entry) {
  if (const std::string* path = find(records, "path")) entry.path = *path;
  if (const std::string* link = find(records, "linkpath")) entry.link = *link;
  if (const std::string* uid = find(records, "uid")) entry.uid = pax_number(*uid);
  if (const std::string* gid = find(records, "gid")) entry.gid = pax_number(*gid);
  if (const std::string* size = find(records, "size")) entry.size = pax_number(*size);
  if (const std::string* time = find(records, "mtime")) entry.mtime = pax_time(*time);
  for (auto at = records.lower_bound(std::string(kXattrKey));
       at != records.end() && at->first.starts_with(kXattrKey); ++at) {
    entry.xattrs.emplace_back(at->first.substr(kXattrKey.size()), at->second);
  }
}

}  // namespace

bool is_tar_header(std::span<const std::byte> bytes) {
  if (bytes.size() < kBlock) return false;
  TarBlock block;
  std::memcpy(block.data(), bytes.data(), kBlock);
  // The checksum may not even be a number.
  return !is_zero(block) && if_possible([&] { return checksum_holds(block); }).value_or(false);
}

TarReader::TarReader(ByteSource& source) : source_(source), buffer_(kBufferSize) {}

// Some unread bytes; empty at the end of the source.
std::span<std::byte> TarReader::fill() {
  if (unread_.empty()) unread_ = std::span(buffer_).first(source_.read(buffer_));
  return unread_;
}

// Returns false if the source ends before the first byte.
bool TarReader::read_exactly(std::span<char> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    std::span<std::byte> have = fill();
    if (have.empty() && done == 0) return false;
    if (have.empty()) throw_damaged_tar("it ends in the middle");
    std::size_t count = std::min(have.size(), into.size() - done);
    std::memcpy(into.data() + done, have.data(), count);
    unread_ = have.subspan(count);
    done += count;
  }
  return true;
}

bool TarReader::read_block(TarBlock& block) {
  return read_exactly(block);
}

std::span<const std::byte> TarReader::read_content(std::uint64_t limit) {
  std::uint64_t want = std::min(limit, content_left_);
  std::span<std::byte> have = fill();
  if (want == 0 || have.empty()) throw_damaged_tar("it ends in the middle of a file");
  have = have.first(static_cast<std::size_t>(std::min<std::uint64_t>(want, have.size())));
  unread_ = unread_.subspan(have.size());
  content_left_ -= have.size();
  return have;
}

void TarReader::skip_content() {
  std::uint64_t left = content_left_ + padding_left_;
  content_left_ = padding_left_ = 0;
  while (left > 0) {
    std::span<std::byte> have = fill();
    if (have.empty()) throw_damaged_tar("it ends in the middle of a file");
    std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(left, have.size()));
    unread_ = have.subspan(count);
    left -= count;
  }
}

void TarReader::drain() {
  while (!fill().empty()) unread_ = {};
}

std::string TarReader::read_special(std::uint64_t size, std::uint64_t& sum) {
  if (size > kMaxSpecial) throw_damaged_tar("an extended header above 1 MiB");
  sum += size;
  if (sum > limits::kTarHeaders) {
    throw Error::of(ErrorKind::kLimit,
                    "an entry of a tar archive has extended headers of more than {}",
                    human_size(limits::kTarHeaders));
  }
  std::string text(static_cast<std::size_t>(size), '\0');
  if (size > 0 && !read_exactly(text)) throw_damaged_tar("it ends in the middle");
  // The padding counts as content here, and is skipped with it.
  content_left_ = padding(size);
  skip_content();
  return text;
}

std::optional<TarEntry> TarReader::next() {
  skip_content();
  Records records;
  std::string long_name, long_link;
  std::uint64_t special = 0;  // bytes of extended headers
  TarBlock block;
  while (!ended_) {
    if (!read_block(block)) {
      // Some archives lack the two empty blocks at the end, but none ends after an extended header.
      if (!records.empty() || !long_name.empty() || !long_link.empty())
        throw_damaged_tar("it ends too early");
      break;
    }
    if (is_zero(block)) break;
    if (!checksum_holds(block)) throw_damaged_tar("a header's checksum is wrong");
    char flag = field(block, kType)[0];
    std::uint64_t size = tar_size(field(block, kSize));
    // Records add up until an entry takes them: 'X' is how old Solaris spells 'x'.
    if (flag == 'x' || flag == 'X') {
      parse_pax(read_special(size, special), records);
    } else if (flag == 'g') {
      // Global defaults: git's commit id and the like, never about one file.
      read_special(size, special);
    } else if (flag == 'L') {
      long_name = tar_text(read_special(size, special));
    } else if (flag == 'K') {
      long_link = tar_text(read_special(size, special));
    } else {
      if (!long_name.empty()) records.try_emplace("path", long_name);
      if (!long_link.empty()) records.try_emplace("linkpath", long_link);
      return decode(block, records);
    }
  }
  ended_ = true;
  return std::nullopt;
}

// Header fields first, then the records that override them, then what the type allows.
TarEntry TarReader::decode(const TarBlock& block, const Records& records) {
  TarEntry entry;
  entry.path = path_in(block);
  entry.link = tar_text(field(block, kLinkName));
  entry.mode = static_cast<std::uint32_t>(tar_number(field(block, kMode))) & 07777;
  entry.uid = tar_size(field(block, kUid));
  entry.gid = tar_size(field(block, kGid));
  entry.size = tar_size(field(block, kSize));
  entry.mtime.seconds = tar_number(field(block, kMtime));
  apply_records(records, entry);
  char flag = field(block, kType)[0];
  entry.type = type_of(flag, entry.path);
  if (entry.type == TarEntry::Type::kChar || entry.type == TarEntry::Type::kBlock) {
    entry.dev_major = static_cast<std::uint32_t>(tar_number(field(block, kDevMajor)));
    entry.dev_minor = static_cast<std::uint32_t>(tar_number(field(block, kDevMinor)));
  }
  // Writers differ on whether links and directories may state a size; they never have content.
  if (!has_content(entry.type, flag)) entry.size = 0;
  // Adding the padding must not overflow.
  if (entry.size > INT64_MAX - kBlock) throw_damaged_tar("a size beyond all files");
  content_left_ = entry.size;
  padding_left_ = padding(entry.size);
  if (entry.type == TarEntry::Type::kFile) decode_sparse(block, records, entry);
  return entry;
}

// Sets the real size and the extents of a sparse file. content_left_ counts stored bytes.
void TarReader::decode_sparse(const TarBlock& block, const Records& records, TarEntry& entry) {
  const std::string* map = find(records, "GNU.sparse.map");
  const std::string* major = find(records, "GNU.sparse.major");
  if (const std::string* name = find(records, "GNU.sparse.name")) entry.path = *name;
  if (field(block, kType)[0] == 'S' && is_gnu(block)) {
    entry.extents = read_gnu_map(block);
    entry.size = tar_size(field(block, kGnuRealSize));
  } else if (map != nullptr) {
    entry.extents = parse_extents(*map);
  } else if (major != nullptr && *major == "1") {
    entry.extents = read_pax_map();
  } else {
    return;
  }
  for (const char* key : {"GNU.sparse.realsize", "GNU.sparse.size"}) {
    if (const std::string* size = find(records, key)) entry.size = pax_number(*size);
  }
  check_extents(*entry.extents, entry.size);
}

}  // namespace cairn::overlay::internal
