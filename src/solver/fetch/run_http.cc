// SPDX-License-Identifier: Apache-2.0
//
// A remote file as a root of its own. Its key is its bytes, name and date (K11). The URL is an
// alias of that key, stored with the ETag, so that an unchanged file is not downloaded again (304).
// With a checksum, no server is asked once the bytes are here.
#include <fcntl.h>

#include "base/error.h"
#include "solver/job.h"

namespace cairn::solver {
namespace {

// Writes the body to a file while digesting it and reporting progress.
Digest download(const source::RemoteFile& from, const sys::Fd& to, const RemoteUrl& url,
                const progress::VertexScope& scope) {
  progress::TransferCounter transfer(scope.sink(), {.vertex = scope.id(),
                                                    .item = url.redacted(),
                                                    .direction = progress::Direction::kIn,
                                                    .total = from.size});
  sys::FdSink file(to);
  DigestingSink sink(&file);
  std::vector<std::byte> buffer(256 << 10);
  while (std::size_t count = from.body->read(buffer)) {
    sink.write(std::span<const std::byte>(buffer).first(count));
    transfer.add(static_cast<std::int64_t>(count));
  }
  transfer.done();
  return sink.finish();
}

void check(const plan::HttpOp& op, const Digest& got) {
  if (!op.checksum || got == *op.checksum) return;
  throw Error::of(ErrorKind::kRegistry, "digest mismatch for {}: {} (expected: {})", op.url,
                  got.str(), op.checksum->str())
      .with_hint(fmt::format("if the new file is the wanted one: --checksum={}", got.str()));
}

StepResult fetch(Job& job, const plan::HttpOp& op, const source::RemoteFile& file,
                 const progress::VertexScope& scope) {
  std::unique_ptr<ActiveSnapshot> active =
      job.services.snapshotter.prepare(SnapshotId::empty_root(), Start::kEmpty);
  sys::Fd out = sys::open_at(active->root().fd(), op.filename.c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  Digest digest = download(file, out, op.url, scope);
  check(op, digest);
  job.notes.layer_size = sys::stat_of(out).st_size;
  sys::set_mtime(out, file.modified.value_or(Timestamp{}));
  // With a checksum the date is not part of the key: the content alone was asked for.
  std::string modified =
      op.checksum || !file.modified ? "" : std::to_string(file.modified->seconds);
  return commit(job, *active, cache::http_key(op, digest, modified));
}

}  // namespace

StepResult run_http(RunJob& job, const plan::HttpOp& op, progress::VertexScope& scope) {
  cache::CacheKey address = cache::http_address_key(op);
  std::optional<StepResult> known = find_cached(job, address);
  std::optional<sys::LockFile> ours;
  if (!known) {
    ours = lock_step(job, address, scope);
    known = find_cached(job, address);
  }
  if (known && op.checksum) return *known;
  auto alias = job.services.cache.find_record<cache::AliasRecord>(address.step_key());
  std::string etag = known && alias ? alias->record.etag : "";
  source::RemoteFile file = job.services.web->open(op.url, etag, job.stop);
  // 304: only possible with an ETag, which is sent only if `known` is set.
  if (file.is_unchanged) return *known;
  StepResult result = fetch(job, op, file, scope);
  job.services.cache.put_alias(address, {.key = result.key, .snapshot = result.snapshot},
                               file.etag);
  return result;
}

}  // namespace cairn::solver
