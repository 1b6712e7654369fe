// SPDX-License-Identifier: Apache-2.0
#include "base/sys/copy.h"

#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"

namespace cairn::sys {
namespace {

constexpr std::size_t kStep = std::size_t{1} << 30;

// What a call answers on files, filesystems or kernels it was not made for.
bool is_refusal(int code) {
  return code == EXDEV || code == EINVAL || code == ENOSYS || code == EOPNOTSUPP || code == EPERM ||
         code == EBADF;
}

void read_and_write(const Fd& from, const Fd& to, std::uint64_t count) {
  std::vector<std::byte> buffer(
      static_cast<std::size_t>(std::min<std::uint64_t>(count, 128 << 10)));
  while (count > 0) {
    std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(count, buffer.size()));
    std::size_t got = read_some(from, std::span(buffer).first(want));
    if (got == 0) return;
    write_all(to, std::span(buffer).first(got));
    count -= got;
  }
}

// Moves both file offsets by what it copies, as all three ways do.
void copy_range(const Fd& from, const Fd& to, std::uint64_t count) {
  enum class Way { kCopy, kSend, kRead } way = Way::kCopy;
  while (count > 0) {
    if (way == Way::kRead) return read_and_write(from, to, count);
    std::size_t step = static_cast<std::size_t>(std::min<std::uint64_t>(count, kStep));
    ssize_t done = retry_eintr([&] {
      return way == Way::kCopy ? ::copy_file_range(from.get(), nullptr, to.get(), nullptr, step, 0)
                               : ::sendfile(to.get(), from.get(), nullptr, step);
    });
    if (done < 0 && !is_refusal(errno)) throw Error::from_errno(errno, "copy a file");
    if (done > 0) {
      count -= static_cast<std::uint64_t>(done);
    } else {
      // A 0 is the end, or a file such as those of /proc that only read(2) sees into.
      way = way == Way::kCopy ? Way::kSend : Way::kRead;
    }
  }
}

}  // namespace

void copy_file_contents(const Fd& from, const struct stat& st, const Fd& to) {
  off_t at = 0;
  // A file without holes, most of them, is told by its blocks and needs no search.
  bool has_holes = st.st_blocks * 512 < st.st_size;
  if (!has_holes) return copy_range(from, to, static_cast<std::uint64_t>(st.st_size));
  while (at < st.st_size) {
    off_t data = ::lseek(from.get(), at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;  // nothing but a hole is left
    off_t end = data < 0 ? st.st_size : ::lseek(from.get(), data, SEEK_HOLE);
    if (data < 0) data = at;
    if (::lseek(from.get(), data, SEEK_SET) < 0 || ::lseek(to.get(), data, SEEK_SET) < 0) {
      throw Error::from_errno(errno, "seek");
    }
    copy_range(from, to, static_cast<std::uint64_t>(end - data));
    at = end;
  }
  if (::ftruncate(to.get(), st.st_size) < 0) throw Error::from_errno(errno, "set a file's size");
}

}  // namespace cairn::sys
