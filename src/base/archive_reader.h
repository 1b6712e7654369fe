// SPDX-License-Identifier: Apache-2.0
//
// libarchive's reader over a ByteSource. Layers and ADD have a reader of their own (overlay/tar).
#pragma once

#include <sys/types.h>

#include <exception>
#include <memory>
#include <vector>

#include "base/stream.h"

struct archive;
struct archive_entry;

namespace cairn {

// A handle of libarchive with no format and no filter: the caller adds what it wants to get(), and
// then calls open(). Errors of libarchive are thrown as kCorrupt, "`failure`: why"; what `in`
// throws comes through as it is. One thread at a time.
class ArchiveReader {
 public:
  // Borrows both.
  ArchiveReader(ByteSource& in, const char* failure);
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  archive* get() const { return handle_.get(); }
  void open();
  // The next member, owned by the handle and valid until the next call; null at the end.
  archive_entry* next();
  // Bytes of the member's content, as ByteSource::read gives them.
  std::size_t read(std::span<std::byte> buffer);
  // Writes all of the member's content to a descriptor.
  void read_into(int fd);

 private:
  // archive_read_callback, called from C.
  static ssize_t refill(archive* handle, void* self, const void** out);
  [[noreturn]] void fail() const;

  ByteSource& in_;
  const char* failure_;
  std::vector<std::byte> buffer_;
  std::unique_ptr<archive, int (*)(archive*)> handle_;
  std::exception_ptr thrown_;
};

}  // namespace cairn
