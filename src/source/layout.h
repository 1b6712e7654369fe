// SPDX-License-Identifier: Apache-2.0
//
// Images of an OCI image layout on disk (--build-context NAME=oci-layout://DIR): a registry without
// a network, whose content is as untrusted as a registry's.
#pragma once

#include <optional>
#include <string>

#include "oci/descriptor.h"
#include "oci/manifest.h"
#include "store/store.h"

namespace cairn::source {

class ImageLayout {
 public:
  // Throws kUsage if there is no layout.
  explicit ImageLayout(const std::string& directory);

  // The entry that index.json names `tag`, or the blob with this `digest`. Throws kUsage, listing
  // the entries, if there is neither.
  oci::Descriptor find(const std::string& tag, const std::optional<Digest>& digest) const;
  // The manifest for a platform, possibly selected from an index. Its bytes, the index, the config
  // and the layers are then blobs of the store. Throws kCorrupt for content that does not match its
  // digest.
  struct Found {
    oci::Manifest manifest;
    Digest manifest_digest;
    std::string config_bytes;
  };
  Found import_image(const Digest& digest, const oci::Platform& platform,
                     store::Store& store) const;

 private:
  sys::Fd open_blob(const Digest& digest) const;
  std::string read_blob(const Digest& digest) const;
  void import_blob(const oci::Descriptor& blob, store::Store& store) const;

  std::string directory_;
  sys::Fd dir_;
  oci::Index index_;
};

}  // namespace cairn::source
