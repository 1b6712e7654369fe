// SPDX-License-Identifier: Apache-2.0
//
// Blobs by digest, in oci/blobs/sha256/. A blob that has its name is complete, verified and
// durable. A blob that was found or put stays until this process ends (internal/lease.h).
// Thread-safe; a BlobWriter belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/stream.h"
#include "base/sys/fd.h"
#include "base/sys/file.h"

namespace cairn::store {

class BlobStore;
class Lease;

// Expected digest and size of the written bytes; nullopt if not known in advance.
struct Expected {
  std::optional<Digest> digest = std::nullopt;
  std::optional<std::int64_t> size = std::nullopt;
  // The source verifies the digest itself, and throws before commit() if it does not match.
  bool is_verified = false;
};

struct Blob {
  Digest digest;
  std::int64_t size = 0;
};

// A blob being written: digested on the way, and discarded unless committed.
class BlobWriter final : public ByteSink {
 public:
  BlobWriter(BlobWriter&&) noexcept = default;

  // Throws kCorrupt as soon as there are more bytes than expected.
  void write(std::span<const std::byte> bytes) override;
  // Syncs the file, then gives it its name. Throws kCorrupt if digest or size differ from the
  // expected.
  Blob commit();
  std::int64_t size() const { return size_; }

 private:
  friend class BlobStore;
  BlobWriter(const BlobStore& store, Expected expected);

  const BlobStore* store_;
  Expected expected_;
  sys::TempFile file_;
  Sha256 hash_;
  std::int64_t size_ = 0;
  std::int64_t sent_ = 0;  // bytes whose writeback has been started
};

class BlobStore {
 public:
  BlobStore(std::string blobs_dir, Lease& lease);

  bool has(const Digest& digest) const { return find_size(digest).has_value(); }
  std::optional<std::int64_t> find_size(const Digest& digest) const;
  std::optional<sys::Fd> find(const Digest& digest) const;
  sys::Fd open(const Digest& digest) const;  // throws kCorrupt if it is missing
  // A small blob as text. Throws kLimit if it has more than `limit` bytes.
  std::string read(const Digest& digest, std::size_t limit) const;

  Digest put(std::string_view bytes) const;
  BlobWriter writer(Expected expected = {}) const { return BlobWriter(*this, expected); }

  std::string path(const Digest& digest) const;
  void remove(const Digest& digest) const;  // for collections only

 private:
  friend class BlobWriter;
  std::string blobs_dir_;
  Lease& lease_;
  sys::Fd dir_;
};

}  // namespace cairn::store
