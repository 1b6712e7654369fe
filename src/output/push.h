// SPDX-License-Identifier: Apache-2.0
//
// An image to a registry: blobs that are not there yet, side by side, then the manifest that names
// them.
#pragma once

#include "output/index.h"
#include "progress/vertex_scope.h"
#include "registry/client.h"

namespace cairn::output {

// Returns the digest under which the registry has the manifest.
Digest push_image(registry::Client& client, store::Store& store, const WholeImage& image,
                  const oci::Reference& name, const progress::VertexScope& scope);

// Every manifest by its digest, then the index under the name.
Digest push_index(registry::Client& client, store::Store& store, const WholeIndex& index,
                  const oci::Reference& name, const progress::VertexScope& scope);

}  // namespace cairn::output
