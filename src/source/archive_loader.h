// SPDX-License-Identifier: Apache-2.0
//
// Images out of files: docker archives (`docker save`, old and new), OCI archives, and the tar of a
// plain root filesystem. Everything in them is foreign: names select nothing on this host, sizes
// are bounded, digests are checked, and a layer counts only once its inflated bytes gave its
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

// Reads an archive, compressed or not, from a file or a pipe. The images are in the store
// afterwards, not unpacked. Throws kCorrupt for what is no image archive.
std::vector<LoadedImage> load_archive(store::Store& store, const sys::Fd& archive);

// A root filesystem's tar, compressed or not, as a layer of the store. Throws kCorrupt for no tar.
struct ImportedLayer {
  oci::DiffId diff_id;
  oci::Descriptor blob;
  std::int64_t size = 0;  // of the tar
};
ImportedLayer import_layer(store::Store& store, ByteSource& tar);

}  // namespace cairn::source
