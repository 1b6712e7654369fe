// SPDX-License-Identifier: Apache-2.0
#include "store/blob_store.h"

#include <fcntl.h>

#include "base/error.h"

namespace cairn::store {

namespace {

constexpr std::int64_t kSendAtOnce = 8 << 20;

}  // namespace

BlobWriter::BlobWriter(const BlobStore& store, Expected expected)
    : store_(&store), expected_(expected), file_(store.tmp_dir_) {}

void BlobWriter::write(std::span<const std::byte> bytes) {
  size_ += static_cast<std::int64_t>(bytes.size());
  if (expected_.size && size_ > *expected_.size) {
    throw Error::of(ErrorKind::kCorrupt, "blob {} is longer than the {} bytes it should have",
                    expected_.digest ? expected_.digest->str() : "", *expected_.size);
  }
  sys::write_all(file_.fd(), bytes);
  // The disk works while we do, so that the fsync in the end has little left to wait for.
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
  if (!store_->has(digest)) {
    sys::chmod_fd(file_.fd(), 0644);  // other tools read the layout in place
    file_.commit(store_->path(digest));
  }
  return {.digest = digest, .size = size_};
}

BlobStore::BlobStore(std::string blobs_dir, std::string tmp_dir)
    : blobs_dir_(std::move(blobs_dir)),
      tmp_dir_(std::move(tmp_dir)),
      dir_(sys::open_path(blobs_dir_, O_PATH | O_DIRECTORY)) {}

std::string BlobStore::path(const Digest& digest) const {
  return blobs_dir_ + "/" + digest.hex();
}

std::optional<sys::Fd> BlobStore::find(const Digest& digest) const {
  return sys::find_at(dir_, digest.hex().c_str(), O_RDONLY | O_NOFOLLOW);
}

std::optional<std::int64_t> BlobStore::find_size(const Digest& digest) const {
  auto status = sys::find_stat_at(dir_, digest.hex().c_str());
  if (!status || !S_ISREG(status->st_mode)) return std::nullopt;
  return status->st_size;
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
