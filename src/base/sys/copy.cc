// SPDX-License-Identifier: Apache-2.0
//
// Three ways to copy, from the cheapest to the one that always works: copy_file_range(2),
// sendfile(2), read(2) and write(2). Each moves the file offsets by what it has done, so the next
// way continues where the one before was refused. Holes are found with SEEK_DATA and SEEK_HOLE and
// skipped in the copy.
#include "base/sys/copy.h"

#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace cairn::sys {
namespace {

// Both calls move at most 2 GiB at a time; less lets a signal through sooner.
constexpr std::size_t kStep = std::size_t{1} << 30;

// Errors that mean "not for these files, this filesystem or this kernel": another way may work.
bool is_unsupported(int code) {
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

// Copies from and to the present offsets.
void copy_range(const Fd& from, const Fd& to, std::uint64_t count) {
  enum class Way { kCopy, kSend, kRead } way = Way::kCopy;
  while (count > 0) {
    if (way == Way::kRead) return read_and_write(from, to, count);
    std::size_t step = static_cast<std::size_t>(std::min<std::uint64_t>(count, kStep));
    ssize_t done = retry_eintr([&] {
      return way == Way::kCopy ? ::copy_file_range(from.get(), nullptr, to.get(), nullptr, step, 0)
                               : ::sendfile(to.get(), from.get(), nullptr, step);
    });
    if (done < 0 && !is_unsupported(errno)) throw Error::from_errno(errno, "copy a file");
    if (done > 0) {
      count -= static_cast<std::uint64_t>(done);
    } else {
      // 0 is the end of the file, or a file such as those of /proc whose size is 0 and that only
      // read(2) can read.
      way = way == Way::kCopy ? Way::kSend : Way::kRead;
    }
  }
}

}  // namespace

void copy_file_contents(const Fd& from, const struct stat& st, const Fd& to) {
  off_t at = 0;
  // Most files have no holes. Their block count says so, without a search.
  bool has_holes = st.st_blocks * 512 < st.st_size;
  if (!has_holes) return copy_range(from, to, static_cast<std::uint64_t>(st.st_size));
  while (at < st.st_size) {
    off_t data = ::lseek(from.get(), at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;  // nothing but a hole is left
    off_t end = data < 0 ? st.st_size : ::lseek(from.get(), data, SEEK_HOLE);
    // SEEK_DATA is not supported: the rest is all data.
    if (data < 0) data = at;
    if (::lseek(from.get(), data, SEEK_SET) < 0 || ::lseek(to.get(), data, SEEK_SET) < 0) {
      throw Error::from_errno(errno, "seek");
    }
    copy_range(from, to, static_cast<std::uint64_t>(end - data));
    at = end;
  }
  // A hole at the end was not written.
  if (::ftruncate(to.get(), st.st_size) < 0) throw Error::from_errno(errno, "set a file's size");
}

std::optional<std::uint64_t> find_data(const Fd& file, std::uint64_t at) {
  off_t data = ::lseek(file.get(), static_cast<off_t>(at), SEEK_DATA);
  if (data >= 0) return static_cast<std::uint64_t>(data);
  if (errno == ENXIO) return std::nullopt;
  return at;  // not supported: it may be data
}

void seek_to(const Fd& file, std::uint64_t at) {
  if (::lseek(file.get(), static_cast<off_t>(at), SEEK_SET) < 0) {
    throw Error::from_errno(errno, "seek");
  }
}

void read_at(const Fd& file, std::uint64_t at, std::span<std::byte> into) {
  while (!into.empty()) {
    ssize_t count = retry_eintr(
        [&] { return ::pread(file.get(), into.data(), into.size(), static_cast<off_t>(at)); });
    if (count < 0) throw Error::from_errno(errno, "read");
    if (count == 0) throw Error(ErrorKind::kHost, "a file became shorter while it was read");
    into = into.subspan(static_cast<std::size_t>(count));
    at += static_cast<std::uint64_t>(count);
  }
}

// Every byte equals the one before it, and the first is zero: memcmp(3) uses vector instructions.
bool is_all_zero(std::span<const std::byte> bytes) {
  return bytes.empty() || (bytes[0] == std::byte{0} &&
                           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

}  // namespace cairn::sys
