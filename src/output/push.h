// SPDX-License-Identifier: Apache-2.0
//
// Pushes an image to a registry: first the missing blobs, several at once, then the manifest that
// names them.
#pragma once

#include "output/index.h"
#include "progress/vertex_scope.h"
#include "registry/client.h"

namespace cairn::output {

// Returns the digest of the manifest in the registry.
Digest push_image(registry::Client& client, store::Store& store, const ExportedImage& image,
                  const oci::Reference& name, const progress::VertexScope& scope);

// Pushes each manifest by digest, then the index under the name. The index becomes a blob of the
// store.
Digest push_index(registry::Client& client, store::Store& store, const ExportedIndex& index,
                  const oci::Reference& name, const progress::VertexScope& scope);

}  // namespace cairn::output
