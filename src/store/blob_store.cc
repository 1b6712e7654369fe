// SPDX-License-Identifier: Apache-2.0
//
// A blob is a temporary file in this process's directory until commit() renames it to its digest.
// The pin comes before the rename: from then on no collection removes the blob, even before a row
// names it. A blob that exists already is not written again.
#include "store/blob_store.h"

#include <fcntl.h>

#include "base/error.h"
#include "store/internal/lease.h"

namespace cairn::store {

namespace {

// Bytes after which writeback starts.
constexpr std::int64_t kSendAtOnce = 8 << 20;

}  // namespace

BlobWriter::BlobWriter(const BlobStore& store, Expected expected)
    : store_(&store), expected_(expected), file_(store.lease_.work_dir()) {}

void BlobWriter::write(std::span<const std::byte> bytes) {
  size_ += static_cast<std::int64_t>(bytes.size());
  if (expected_.size && size_ > *expected_.size) {
    throw Error::of(ErrorKind::kCorrupt, "blob {} is longer than the {} bytes it should have",
                    expected_.digest ? expected_.digest->str() : "", *expected_.size);
  }
  sys::write_all(file_.fd(), bytes);
  // Start writeback early, so that the fsync(2) at the end has little left to wait for.
  if (size_ - sent_ >= kSendAtOnce) {
    ::sync_file_range(file_.fd().get(), sent_, size_ - sent_, SYNC_FILE_RANGE_WRITE);
    sent_ = size_;
  }
  if (!expected_.is_verified) hash_.update(bytes);
}

Blob BlobWriter::commit() {
  if (expected_.size && size_ != *expected_.size) {
    throw Error::of(ErrorKind::kCorrupt, "blob {} ends after {} of {} bytes",
                    expected_.digest ? expected_.digest->str() : "", size_, *expected_.size);
  }
  Digest digest = expected_.is_verified ? expected_.digest.value() : hash_.finish();
  if (expected_.digest && digest != *expected_.digest) {
    throw Error::of(ErrorKind::kCorrupt, "digest mismatch: got {}, expected {}", digest,
                    *expected_.digest);
  }
  store_->lease_.keep_new(PinKind::kBlob, digest.hex());
  // Another process may have put the same blob meanwhile.
  if (!store_->has(digest)) {
    sys::chmod_fd(file_.fd(), 0600);
    file_.commit(store_->path(digest));
  }
  return {.digest = digest, .size = size_};
}

BlobStore::BlobStore(std::string blobs_dir, Lease& lease)
    : blobs_dir_(std::move(blobs_dir)),
      lease_(lease),
      dir_(sys::open_path(blobs_dir_, O_PATH | O_DIRECTORY)) {}

std::string BlobStore::path(const Digest& digest) const {
  return blobs_dir_ + "/" + digest.hex();
}

std::optional<sys::Fd> BlobStore::find(const Digest& digest) const {
  std::string name = digest.hex();
  std::optional<sys::Fd> fd;
  lease_.keep(PinKind::kBlob, name, [&] {
    fd = sys::find_at(dir_, name.c_str(), O_RDONLY | O_NOFOLLOW);
    return fd.has_value();
  });
  return fd;
}

std::optional<std::int64_t> BlobStore::find_size(const Digest& digest) const {
  std::string name = digest.hex();
  std::optional<std::int64_t> size;
  lease_.keep(PinKind::kBlob, name, [&] {
    auto status = sys::find_stat_at(dir_, name.c_str());
    if (status && S_ISREG(status->st_mode)) size = status->st_size;
    return size.has_value();
  });
  return size;
}

sys::Fd BlobStore::open(const Digest& digest) const {
  if (std::optional<sys::Fd> fd = find(digest)) return std::move(*fd);
  throw Error::of(ErrorKind::kCorrupt, "blob {} is not in the store", digest);
}

std::string BlobStore::read(const Digest& digest, std::size_t limit) const {
  return sys::read_all(open(digest), limit);
}

Digest BlobStore::put(std::string_view bytes) const {
  Digest digest = Digest::of(bytes);
  if (has(digest)) return digest;
  BlobWriter out = writer();
  out.write(as_bytes(bytes));
  return out.commit().digest;
}

void BlobStore::remove(const Digest& digest) const {
  sys::unlink_at(dir_, digest.hex().c_str());
}

}  // namespace cairn::store
