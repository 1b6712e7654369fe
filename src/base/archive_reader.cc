// SPDX-License-Identifier: Apache-2.0
//
// libarchive is C, through which no exception can pass. So what the source throws is kept, the call
// fails, and the exception is thrown again on our side.
#include "base/archive_reader.h"

#include "base/attempt.h"
#include "base/error.h"
#include "base/sys/libarchive.h"

namespace cairn {

ArchiveReader::ArchiveReader(ByteSource& in, const char* failure)
    : in_(in),
      failure_(failure),
      buffer_(256 << 10),
      handle_(sys::libarchive().archive_read_new(), sys::libarchive().archive_read_free) {}

void ArchiveReader::open() {
  int result = sys::libarchive().archive_read_open(handle_.get(), this, nullptr, refill, nullptr);
  if (result != ARCHIVE_OK) fail();
}

archive_entry* ArchiveReader::next() {
  archive_entry* entry = nullptr;
  int result = sys::libarchive().archive_read_next_header(handle_.get(), &entry);
  if (result == ARCHIVE_EOF) return nullptr;
  if (result < ARCHIVE_WARN) fail();
  return entry;
}

std::size_t ArchiveReader::read(std::span<std::byte> buffer) {
  la_ssize_t count =
      sys::libarchive().archive_read_data(handle_.get(), buffer.data(), buffer.size());
  if (count < 0) fail();
  return static_cast<std::size_t>(count);
}

void ArchiveReader::read_into(int fd) {
  if (sys::libarchive().archive_read_data_into_fd(handle_.get(), fd) != ARCHIVE_OK) fail();
}

ssize_t ArchiveReader::refill(archive*, void* self, const void** out) {
  auto& reader = *static_cast<ArchiveReader*>(self);
  *out = reader.buffer_.data();
  std::size_t count = 0;
  reader.thrown_ = exception_of([&] { count = reader.in_.read(reader.buffer_); });
  return reader.thrown_ ? ARCHIVE_FATAL : static_cast<ssize_t>(count);
}

void ArchiveReader::fail() const {
  if (thrown_) std::rethrow_exception(thrown_);
  const char* why = sys::libarchive().archive_error_string(handle_.get());
  throw Error::of(ErrorKind::kCorrupt, "{}: {}", failure_, why != nullptr ? why : "unknown");
}

}  // namespace cairn
