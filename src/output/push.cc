// SPDX-License-Identifier: Apache-2.0
//
// Blobs go up a few at a time; the manifest follows when all of them are there, since a registry
// refuses a manifest that names missing blobs (distribution spec, "Pushing Manifests"). The store
// remembers which repository of a registry has a blob, so that another one there can mount it
// instead of uploading it again.
#include "output/push.h"

#include <atomic>
#include <future>
#include <vector>

#include "base/error.h"
#include "base/sys/scope_exit.h"
#include "base/thread_pool.h"

namespace cairn::output {
namespace {

constexpr std::size_t kBlobsAtOnce = 4;

class BlobFile final : public ByteSource {
 public:
  explicit BlobFile(sys::Fd fd) : fd_(std::move(fd)) {}
  std::size_t read(std::span<std::byte> buffer) override { return sys::read_some(fd_, buffer); }

 private:
  sys::Fd fd_;
};

// A repository of the same registry that has the blob, or "".
std::string mount_source(store::Store& store, const Digest& blob, const oci::Reference& name) {
  for (const std::string& repository : store.layer_blobs().places(blob, name.registry)) {
    if (repository != name.repository) return repository;
  }
  return {};
}

void push_blob(registry::Client& client, store::Store& store, const oci::Descriptor& blob,
               const oci::Reference& name, const progress::VertexScope& scope) {
  auto open = [&] { return std::make_unique<BlobFile>(store.blobs().open(blob.digest)); };
  client.push_blob(name, blob, open, mount_source(store, blob.digest, name),
                   registry::Watch{scope.sink(), scope.id()});
  store.layer_blobs().add_place(blob.digest, name.registry, name.repository);
}

}  // namespace

Digest push_image(registry::Client& client, store::Store& store, const ExportedImage& image,
                  const oci::Reference& name, const progress::VertexScope& scope) {
  ErrorContext while_here([&] { return "pushing " + name.str(); });
  std::vector<oci::Descriptor> blobs = image.manifest.layers;
  blobs.push_back(image.manifest.config);
  std::vector<ThreadPool::Result<void>> pushed;
  std::atomic<bool> failed = false;  // after one failure, no further blob is started
  {
    ThreadPool pool(kBlobsAtOnce);
    for (const oci::Descriptor& blob : blobs) {
      pushed.push_back(pool.run([&client, &store, &name, &scope, &failed, &blob] {
        if (failed) return;
        sys::ScopeExit on_failure([&] { failed = true; });
        push_blob(client, store, blob, name, scope);
        on_failure.release();
      }));
    }
  }
  // The pool has joined its threads; get() throws the first failure.
  for (ThreadPool::Result<void>& one : pushed) one.get();
  return client.push_manifest(name, image.manifest_bytes, image.manifest.media_type);
}

Digest push_index(registry::Client& client, store::Store& store, const ExportedIndex& index,
                  const oci::Reference& name, const progress::VertexScope& scope) {
  oci::Reference untagged = name;  // a manifest without a tag is pushed by digest
  untagged.tag.clear();
  for (const ExportedImage& image : index.images) push_image(client, store, image, untagged, scope);
  store.blobs().put(index.bytes);
  return client.push_manifest(name, index.bytes, index.descriptor.media_type);
}

}  // namespace cairn::output
