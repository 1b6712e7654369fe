// SPDX-License-Identifier: Apache-2.0
//
// Follows Go's archive/tar (writer.go, strconv.go) byte for byte: which values go to a pax record,
// how records are sorted, what the pax header is called, and what remains in the ustar fields. A
// difference in any of them would change the diffID of a layer that is otherwise equal to
// BuildKit's.
#include "overlay/tar/internal/tar_encoder.h"

#include <sys/sysmacros.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "base/error.h"
#include "base/text.h"

namespace cairn::overlay::internal {
namespace {

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string ascii_part(std::string_view text) {
  std::string out;
  std::ranges::copy_if(text, std::back_inserter(out),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  return out;
}

// Octal, with leading zeros.
void put_digits(std::span<char> into, std::uint64_t value) {
  for (std::size_t i = into.size(); i-- > 0; value >>= 3) {
    into[i] = static_cast<char>('0' + (value & 7));
  }
}

// A field of octal digits ends in a NUL, which takes one byte.
bool fits_octal(TarField at, std::int64_t value) {
  return value >= 0 && value < std::int64_t{1} << ((at.width - 1) * 3);
}

void put_octal(TarBlock& block, TarField at, std::int64_t value) {
  // A value that does not fit goes to a pax record, and the field holds 0.
  if (!fits_octal(at, value)) value = 0;
  put_digits(slot(block, at).first(at.width - 1), static_cast<std::uint64_t>(value));
}

void put_text(TarBlock& block, TarField at, std::string_view text) {
  std::span<char> into = slot(block, at);
  std::ranges::copy(text.substr(0, at.width), into.begin());
  // Readers without pax take a name that is cut after a slash for a directory.
  if (text.size() > at.width && into.back() == '/') {
    std::size_t end = at.width;
    while (end > 0 && into[end - 1] == '/') --end;
    into[end] = '\0';
  }
}

void seal(TarBlock& block) {
  std::memcpy(slot(block, kMagic).data(), "ustar\00000", kMagic.width);
  // Six digits, NUL, space: the checksum has a form of its own.
  std::span<char> into = slot(block, kChecksum);
  put_digits(into.first(6), tar_checksum(block));
  into[6] = '\0';
  into[7] = ' ';
}

// A hard link has the type of a link, whatever its inode is.
char type_flag(const Change& change) {
  if (!change.hardlink_to.empty()) return '1';
  switch (change.mode & S_IFMT) {
    case S_IFDIR: return '5';
    case S_IFLNK: return '2';
    case S_IFCHR: return '3';
    case S_IFBLK: return '4';
    case S_IFIFO: return '6';
    default: return '0';
  }
}

// "<length> <key>=<value>\n", where the length counts its own digits.
std::string pax_record(std::string_view key, std::string_view value) {
  // The length counts its own digits: one more digit may make it longer again, hence twice.
  std::size_t rest = key.size() + value.size() + 3;
  std::size_t size = rest + std::to_string(rest).size();
  size = rest + std::to_string(size).size();
  return fmt::format("{} {}={}\n", size, key, value);
}

// The pax records of an entry: `records`, and whatever ustar cannot express. Sorted by key.
std::string pax_records(const Change& change, const std::string& name, const std::string& link,
                        std::map<std::string, std::string> records) {
  auto text = [&](const char* key, TarField at, const std::string& value) {
    if (value.size() > at.width || !is_ascii(value)) records[key] = value;
  };
  auto number = [&](const char* key, TarField at, std::int64_t value) {
    if (!fits_octal(at, value)) records[key] = std::to_string(value);
  };
  text("path", kName, name);
  text("linkpath", kLinkName, link);
  number("uid", kUid, change.owner.uid);
  number("gid", kGid, change.owner.gid);
  number("size", kSize, static_cast<std::int64_t>(change.size));
  number("mtime", kMtime, change.mtime.seconds);
  for (const auto& [key, value] : change.xattrs) records[std::string(kXattrKey) + key] = value;
  std::string out;
  for (const auto& [key, value] : records) out += pax_record(key, value);
  return out;
}

// The name Go gives the pax header: a/b/PaxHeaders.0/c for "a/b/c", a/b/c/PaxHeaders.0 for
// "a/b/c/".
std::string extended_header_name(const std::string& name) {
  std::size_t slash = name.rfind('/');
  std::string dir = slash == std::string::npos ? "" : name.substr(0, slash + 1);
  std::string file = slash == std::string::npos ? name : name.substr(slash + 1);
  std::string out = ascii_part(clean_path(dir + "PaxHeaders.0/" + file)).substr(0, kName.width);
  while (out.ends_with('/')) out.pop_back();
  return out;
}

}  // namespace

void TarEncoder::put_header(const Change& change) {
  if (change.kind == ChangeKind::kDeleted) return put_deletion(change.path);
  put_header(change, {});
}

// The map: the number of extents, then offset and size of each, one number a line, padded to a
// block.
void TarEncoder::put_sparse_header(const Change& change, const std::vector<TarExtent>& extents) {
  std::string map = fmt::format("{}\n", extents.size());
  std::uint64_t stored = 0;
  for (const TarExtent& extent : extents) {
    map += fmt::format("{}\n{}\n", extent.offset, extent.size);
    stored += extent.size;
  }
  map.resize(map.size() + padding(map.size()));
  std::map<std::string, std::string> records{{"GNU.sparse.major", "1"},
                                             {"GNU.sparse.minor", "0"},
                                             {"GNU.sparse.name", change.path},
                                             {"GNU.sparse.realsize", std::to_string(change.size)}};
  // Readers that know nothing of sparse files extract the map and data under this name.
  Change in_archive = change;
  std::size_t name = change.path.rfind('/') + 1;
  in_archive.path.insert(name, "GNUSparseFile.0/");
  in_archive.size = map.size() + stored;
  put_header(in_archive, std::move(records));
  put(map);
}

void TarEncoder::put_header(const Change& change, std::map<std::string, std::string> more) {
  std::string name = S_ISDIR(change.mode) ? change.path + "/" : change.path;
  std::string link = change.hardlink_to.empty() ? change.link_target : change.hardlink_to;
  std::string records = pax_records(change, name, link, std::move(more));
  if (!records.empty()) put_extended_header(extended_header_name(name), records);
  TarBlock block{};
  put_text(block, kName, ascii_part(name));
  put_octal(block, kMode, change.mode & 07777);
  put_octal(block, kUid, change.owner.uid);
  put_octal(block, kGid, change.owner.gid);
  put_octal(block, kSize, static_cast<std::int64_t>(change.size));
  put_octal(block, kMtime, change.mtime.seconds);
  slot(block, kType)[0] = type_flag(change);
  put_text(block, kLinkName, ascii_part(link));
  put_octal(block, kDevMajor, major(change.device));
  put_octal(block, kDevMinor, minor(change.device));
  seal(block);
  put(block);
}

// A whiteout entry is plain ustar and dated 1970, with a long name split at a slash if possible.
void TarEncoder::put_deletion(const std::string& path) {
  std::size_t slash = path.rfind('/');
  std::string dir = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  std::string name = dir + ".wh." + path.substr(dir.size());
  TarBlock block{};
  std::string prefix, suffix = name;
  if (name.size() > kName.width && is_ascii(name)) {
    std::size_t at = name.substr(0, std::min(name.size(), kPrefix.width + 1)).rfind('/');
    if (at != std::string::npos && at > 0 && name.size() - at - 1 <= kName.width) {
      prefix = name.substr(0, at);
      suffix = name.substr(at + 1);
    }
  }
  if (suffix.size() > kName.width || !is_ascii(suffix)) {
    put_extended_header(extended_header_name(name), pax_record("path", name));
  }
  put_text(block, kName, ascii_part(suffix));
  for (TarField at : {kMode, kUid, kGid, kSize, kMtime, kDevMajor, kDevMinor}) {
    put_octal(block, at, 0);
  }
  slot(block, kType)[0] = '0';
  put_text(block, kPrefix, prefix);
  seal(block);
  put(block);
}

void TarEncoder::put_extended_header(const std::string& name, const std::string& records) {
  TarBlock block{};
  put_text(block, kName, name);
  for (TarField at : {kMode, kUid, kGid, kMtime}) put_octal(block, at, 0);
  put_octal(block, kSize, static_cast<std::int64_t>(records.size()));
  slot(block, kType)[0] = 'x';
  seal(block);
  put(block);
  put(records);
  put_zeros(padding(records.size()));
}

// Reads straight into the output: no file is mapped, and no byte is copied twice.
void TarEncoder::put_content(const Change& change, const sys::Fd& file, std::size_t count) {
  std::size_t at = out_.size();
  out_.resize(at + count);
  while (at < out_.size()) {
    std::size_t got = sys::read_some(file, std::span(out_).subspan(at));
    if (got == 0) {
      throw Error::of(ErrorKind::kHost, "{} became shorter while its layer was written",
                      change.path);
    }
    at += got;
  }
}

void TarEncoder::put(std::span<const char> bytes) {
  auto more = std::as_bytes(bytes);
  out_.insert(out_.end(), more.begin(), more.end());
}

}  // namespace cairn::overlay::internal
