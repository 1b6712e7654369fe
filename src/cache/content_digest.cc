// SPDX-License-Identifier: Apache-2.0
#include "cache/content_digest.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/sys/xattr.h"
#include "base/text.h"

namespace cairn::cache {
namespace {

using sys::Fd;

// K06: all attributes but those the system makes up for itself. A layer seen raw shows the marks of
// overlayfs, which a mounted one hides.
bool counts(const std::string& xattr) {
  if (xattr.starts_with("user.overlay.")) return false;
  if (xattr == "security.capability") return true;
  return !xattr.starts_with("system.") && !xattr.starts_with("security.");
}

class Hasher {
 public:
  Hasher(const ContentOptions& options) : options_(options), buffer_(256 << 10) {}

  // nothing for what the filter leaves out
  std::optional<Digest> entry(const Fd& dir, const std::string& name, const std::string& path) {
    if (options_.stop.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
    struct stat st = sys::stat_at(dir, name.c_str());
    bool is_directory = S_ISDIR(st.st_mode);
    auto verdict = PathFilter::Verdict::kIncluded;
    if (options_.filter != nullptr) verdict = options_.filter->judge(path, is_directory);
    if (verdict == PathFilter::Verdict::kExcluded) return std::nullopt;
    if (is_directory) {
      Fd self = sys::open_at(dir, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      return directory(self, st, path, verdict == PathFilter::Verdict::kPartly);
    }
    if (verdict == PathFilter::Verdict::kPartly) return std::nullopt;
    if (S_ISLNK(st.st_mode)) return symlink(dir, name, st);
    if (!S_ISREG(st.st_mode)) return node(st);
    return file(sys::open_at(dir, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  }

  Digest file(const Fd& fd) {
    struct stat st = sys::stat_of(fd);
    Sha256 hash;
    header(hash, st, "");
    xattrs(hash, fd);
    std::uint64_t size = 0;
    while (std::size_t count = sys::read_some(fd, buffer_)) {
      hash.update(std::span<const std::byte>(buffer_).first(count));
      size += count;
    }
    if (size != static_cast<std::uint64_t>(st.st_size)) {
      throw Error(ErrorKind::kHost, "a file changed while it was read")
          .with_hint("run the build again when nothing writes to the build context");
    }
    return hash.finish();
  }

  Digest contents(const Fd& dir, const std::string& path) {
    Sha256 hash;
    entries(hash, dir, path);
    return hash.finish();
  }

  Digest node(const struct stat& st) {
    Sha256 hash;
    header(hash, st, "");
    return hash.finish();
  }

 private:
  std::optional<Digest> directory(const Fd& dir, const struct stat& st, const std::string& path,
                                  bool only_if_not_empty) {
    Sha256 hash;
    header(hash, st, "");
    xattrs(hash, dir);
    if (!entries(hash, dir, path) && only_if_not_empty) return std::nullopt;
    return hash.finish();
  }

  Digest symlink(const Fd& dir, const std::string& name, const struct stat& st) {
    Sha256 hash;
    header(hash, st, sys::read_link_at(dir, name.c_str()));
    return hash.finish();
  }

  bool entries(Sha256& hash, const Fd& dir, const std::string& path) {
    std::vector<sys::DirEntry> found = sys::list_dir(dir);
    std::sort(found.begin(), found.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    bool any = false;
    for (const sys::DirEntry& one : found) {
      std::optional<Digest> digest =
          entry(dir, one.name, path.empty() ? one.name : path + "/" + one.name);
      if (!digest) continue;
      any = true;
      text(hash, one.name);
      hash.update(std::as_bytes(std::span(digest->bytes())));
    }
    return any;
  }

  // Each field ends in a NUL, so that no two different lists of fields read the same.
  void text(Sha256& hash, std::string_view value) {
    hash.update(value);
    hash.update(std::string_view("\0", 1));
  }

  void header(Sha256& hash, const struct stat& st, const std::string& link) {
    bool is_link = S_ISLNK(st.st_mode);
    bool owned = !options_.ignore_owner;
    bool is_device = S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode);
    text(hash, fmt::format("{:o} {} {} {} {}:{}", is_link ? S_IFLNK | 0777 : st.st_mode,
                           owned ? st.st_uid : 0, owned ? st.st_gid : 0,
                           S_ISREG(st.st_mode) ? st.st_size : 0, is_device ? major(st.st_rdev) : 0,
                           is_device ? minor(st.st_rdev) : 0));
    text(hash, link);
  }

  void xattrs(Sha256& hash, const Fd& fd) {
    std::vector<std::string> names = sys::list_xattrs(fd);
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      if (!counts(name)) continue;
      text(hash, name);
      text(hash, sys::find_xattr(fd, name.c_str()).value_or(""));
    }
  }

  const ContentOptions& options_;
  std::vector<std::byte> buffer_;
};

}  // namespace

Digest content_digest(const sys::RootDir& root, const std::string& path,
                      const ContentOptions& options) {
  ErrorContext while_here([&] { return "reading " + path; });
  Hasher hasher(options);
  Fd found = root.open_in(path, O_PATH);
  struct stat st = sys::stat_of(found);
  if (S_ISDIR(st.st_mode)) {
    return hasher.contents(sys::reopen(found, O_RDONLY | O_DIRECTORY), rooted_path(path).substr(1));
  }
  if (S_ISREG(st.st_mode)) return hasher.file(sys::reopen(found, O_RDONLY | O_NONBLOCK));
  return hasher.node(st);
}

}  // namespace cairn::cache
