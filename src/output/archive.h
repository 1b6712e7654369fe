// SPDX-License-Identifier: Apache-2.0
//
// Images as files: an OCI layout (a directory, or a tar of one) and the docker archive, which is an
// OCI layout with a manifest.json in it (X09). The bytes depend on the images only.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/stream.h"
#include "oci/reference.h"
#include "output/index.h"
#include "store/store.h"

namespace cairn::output {

struct ArchivedImage {
  ExportedImage image;
  std::vector<oci::Reference> names;
};

struct ArchivedIndex {
  ExportedIndex index;
  std::vector<oci::Reference> names;
};

// Writes into a directory, which is made if it does not exist. If it is a layout already, the
// images are added to it. Modes are 0644 and 0755 less `umask`. Throws kUsage if its index.json is
// no index. Blocks while another build holds the layout's lock.
void write_oci_layout(store::Store& store, const std::vector<ArchivedImage>& images,
                      const std::string& directory, mode_t umask = 022);
void write_oci_archive(store::Store& store, const std::vector<ArchivedImage>& images,
                       ByteSink& out);
// Several images and indexes side by side.
void write_oci_layout(store::Store& store, const std::vector<ArchivedImage>& images,
                      const std::vector<ArchivedIndex>& indexes, const std::string& directory,
                      mode_t umask = 022);
void write_oci_archive(store::Store& store, const std::vector<ArchivedImage>& images,
                       const std::vector<ArchivedIndex>& indexes, ByteSink& out);
// A docker archive cannot express an index, so there is no docker variant of these.
void write_oci_layout(store::Store& store, const ArchivedIndex& index, const std::string& directory,
                      mode_t umask = 022);
void write_oci_archive(store::Store& store, const ArchivedIndex& index, ByteSink& out);

void write_docker_archive(store::Store& store, const std::vector<ArchivedImage>& images,
                          ByteSink& out);

}  // namespace cairn::output
