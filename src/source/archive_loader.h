// SPDX-License-Identifier: Apache-2.0
//
// Loads images from files: docker archives (`docker save`, old and new), OCI archives, and the tar
// of a plain root filesystem. All of it is untrusted: names never become paths of this host, sizes
// are bounded, digests are verified, and a layer counts only once its uncompressed bytes match its
// diffID.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/stream.h"
#include "base/sys/fd.h"
#include "oci/descriptor.h"
#include "oci/ids.h"
#include "oci/reference.h"
#include "store/store.h"

namespace cairn::source {

struct LoadedImage {
  Digest id;
  std::vector<oci::Reference> names;
};

// Reads an archive, compressed or not, from a file or a pipe. Its images are then in the store, but
// not unpacked. Throws kCorrupt if it is no image archive, kLimit if it is too large.
std::vector<LoadedImage> load_archive(store::Store& store, const sys::Fd& archive);

// Stores a root filesystem's tar, compressed or not, as a layer. Throws kCorrupt if it is no tar.
struct ImportedLayer {
  oci::DiffId diff_id;
  oci::Descriptor blob;
  std::int64_t size = 0;  // of the tar
};
ImportedLayer import_layer(store::Store& store, ByteSource& tar);

}  // namespace cairn::source
