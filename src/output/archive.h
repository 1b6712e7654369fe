// SPDX-License-Identifier: Apache-2.0
//
// Images as files: an OCI layout (a directory or a tar of one) and the docker archive, which is an
// OCI layout with a manifest.json beside it (FEATURES X09). Bytes depend on the images alone.
#pragma once

#include <string>
#include <vector>

#include "base/sys/fd.h"
#include "oci/reference.h"
#include "output/index.h"
#include "store/store.h"

namespace cairn::output {

struct ArchivedImage {
  WholeImage image;
  std::vector<oci::Reference> names;
};

struct ArchivedIndex {
  WholeIndex index;
  std::vector<oci::Reference> names;
};

void write_oci_layout(store::Store& store, const std::vector<ArchivedImage>& images,
                      const std::string& directory);
void write_oci_archive(store::Store& store, const std::vector<ArchivedImage>& images,
                       const sys::Fd& out);
// The docker archive has no way to say it.
void write_oci_layout(store::Store& store, const ArchivedIndex& index,
                      const std::string& directory);
void write_oci_archive(store::Store& store, const ArchivedIndex& index, const sys::Fd& out);

void write_docker_archive(store::Store& store, const std::vector<ArchivedImage>& images,
                          const sys::Fd& out);

}  // namespace cairn::output
