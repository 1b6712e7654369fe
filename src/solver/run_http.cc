// SPDX-License-Identifier: Apache-2.0
//
// A file of the web as a root of its own. It is known by its bytes, name and date (K11); the
// address leads to that key together with the ETag, so that an unchanged file is not sent twice.
// With a checksum nobody is asked at all once its bytes are here.
#include <fcntl.h>

#include "base/error.h"
#include "base/json.h"
#include "solver/job.h"
#include "solver/workspace.h"

namespace cairn::solver {
namespace {

constexpr const char* kEtag = "etag";

cache::CacheKey address_key(const plan::HttpOp& op) {
  cache::CacheKey key;
  key.add("op", "http by address");
  key.add("url", op.url);
  key.add("filename", op.filename);
  if (op.checksum) key.add("checksum", op.checksum->str());
  return key;
}

// Passes bytes on to a file, a digest and the display.
Digest download(const source::WebFile& from, const sys::Fd& to, const std::string& url,
                const progress::VertexScope& scope) {
  progress::Transfer transfer(scope.sink(), scope.id(), url, from.size);
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

StepResult fetch(Job& job, const plan::HttpOp& op, const source::WebFile& file,
                 const progress::VertexScope& scope) {
  Workspace workspace(job.shop.store, "", Workspace::Start::kEmpty);
  sys::Fd out = sys::open_at(workspace.root().fd(), op.filename.c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  Digest digest = download(file, out, op.url, scope);
  check(op, digest);
  sys::set_mtime(out, {.tv_sec = file.modified.value_or(0), .tv_nsec = 0});
  std::string modified = op.checksum || !file.modified ? "" : std::to_string(*file.modified);
  return commit(job, workspace, cache::http_key(op, digest, modified));
}

}  // namespace

StepResult run_http(Job& job, const plan::HttpOp& op, progress::VertexScope& scope) {
  cache::CacheKey address = address_key(op);
  std::optional<StepResult> known = find_cached(job, address);
  std::optional<sys::PassingLock> ours;
  if (!known) {
    ours = claim(job, address, scope);
    known = find_cached(job, address);
  }
  if (known && op.checksum) return *known;
  std::string etag = known ? recorded(job, address, kEtag) : "";
  source::WebFile file = job.shop.web->open(op.url, etag, job.stop);
  if (file.is_unchanged) return *known;
  StepResult result = fetch(job, op, file, scope);
  remember(job, address, result, Json{{kEtag, file.etag}});
  return result;
}

}  // namespace cairn::solver
