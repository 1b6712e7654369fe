// SPDX-License-Identifier: Apache-2.0
//
// Blobs by digest, in oci/blobs/sha256/. A blob that has its name is complete, verified and
// durable. Safe from any thread; a BlobWriter belongs to one thread at a time.
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

// What the writer's bytes must turn out to be; nothing where it is not known before.
struct Expected {
  std::optional<Digest> digest = std::nullopt;
  std::optional<std::int64_t> size = std::nullopt;
  // The bytes come from a source that compares them with the digest, and has failed by the time of
  // commit() when they were others.
  bool is_verified = false;
};

struct Blob {
  Digest digest;
  std::int64_t size = 0;
};

// A blob on its way in: digested while it is written, gone unless committed.
class BlobWriter final : public ByteSink {
 public:
  BlobWriter(BlobWriter&&) noexcept = default;

  // kCorrupt as soon as there are more bytes than expected.
  void write(std::span<const std::byte> bytes) override;
  // kCorrupt when digest or size are not the expected ones. Fsyncs, then publishes.
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
  std::int64_t sent_ = 0;  // so many bytes are on their way to the disk
};

class BlobStore {
 public:
  BlobStore(std::string blobs_dir, std::string tmp_dir);

  bool has(const Digest& digest) const { return find_size(digest).has_value(); }
  std::optional<std::int64_t> find_size(const Digest& digest) const;
  std::optional<sys::Fd> find(const Digest& digest) const;
  sys::Fd open(const Digest& digest) const;  // kCorrupt when it is not there
  // A small blob as text; kLimit beyond `limit`.
  std::string read(const Digest& digest, std::size_t limit) const;

  Digest put(std::string_view bytes) const;
  BlobWriter writer(Expected expected = {}) const { return BlobWriter(*this, expected); }

  std::string path(const Digest& digest) const;
  void remove(const Digest& digest) const;  // for collections only

 private:
  friend class BlobWriter;
  std::string blobs_dir_;
  std::string tmp_dir_;
  sys::Fd dir_;
};

}  // namespace cairn::store
