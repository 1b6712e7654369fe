// SPDX-License-Identifier: Apache-2.0
#include "output/push.h"

#include <future>
#include <vector>

#include "base/error.h"
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

}  // namespace

Digest push_image(registry::Client& client, store::Store& store, const WholeImage& image,
                  const oci::Reference& name, const progress::VertexScope& scope) {
  ErrorContext while_here([&] { return "pushing " + name.str(); });
  std::vector<oci::Descriptor> blobs = image.manifest.layers;
  blobs.push_back(image.manifest.config);
  std::vector<std::future<void>> pushed;
  {
    ThreadPool pool(kBlobsAtOnce);
    for (const oci::Descriptor& blob : blobs) {
      pushed.push_back(pool.run([&client, &store, &name, &scope, &blob] {
        auto open = [&] { return std::make_unique<BlobFile>(store.blobs().open(blob.digest)); };
        client.push_blob(name, blob, open, {}, registry::Watch{scope.sink(), scope.id()});
      }));
    }
  }
  for (std::future<void>& one : pushed) one.get();
  return client.push_manifest(name, image.manifest_bytes, image.manifest.media_type);
}

Digest push_index(registry::Client& client, store::Store& store, const WholeIndex& index,
                  const oci::Reference& name, const progress::VertexScope& scope) {
  oci::Reference untagged = name;  // a manifest without a tag goes by its digest
  untagged.tag.clear();
  for (const WholeImage& image : index.images) push_image(client, store, image, untagged, scope);
  return client.push_manifest(name, index.bytes, index.descriptor.media_type);
}

}  // namespace cairn::output
