// SPDX-License-Identifier: Apache-2.0
//
// Images of an OCI image layout on disk (--build-context NAME=oci-layout://DIR): a registry without
// a network. Its bytes are as foreign as a registry's.
#pragma once

#include <optional>
#include <string>

#include "oci/descriptor.h"
#include "oci/manifest.h"
#include "store/store.h"

namespace cairn::source {

class ImageLayout {
 public:
  // Throws kUsage when there is no layout.
  explicit ImageLayout(const std::string& directory);

  // What index.json calls `tag`, or has under `digest`. kUsage when it has neither, with what there
  // is.
  oci::Descriptor find(const std::string& tag, const std::optional<Digest>& digest) const;
  // The manifest for a platform, behind an index if need be. Its bytes, its config and its layers
  // are blobs of the store afterwards.
  struct Found {
    oci::Manifest manifest;
    Digest manifest_digest;
    std::string config_bytes;
  };
  Found take(const Digest& digest, const oci::Platform& platform, store::Store& store) const;

 private:
  sys::Fd open_blob(const Digest& digest) const;
  std::string read_blob(const Digest& digest) const;
  void take_blob(const oci::Descriptor& blob, store::Store& store) const;

  std::string directory_;
  sys::Fd dir_;
  oci::Index index_;
};

}  // namespace cairn::source
