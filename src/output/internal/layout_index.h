// SPDX-License-Identifier: Apache-2.0
//
// Adds to the index.json of an existing OCI layout (image-layout.md of the OCI image spec).
#pragma once

#include <string>

#include "base/json.h"

namespace cairn::output::internal {

// Appends the descriptors `added` to those of `there`. An entry of the same name is replaced, as
// BuildKit and skopeo do: the same full name ("io.containerd.image.name"), or, for an entry without
// one, the same "org.opencontainers.image.ref.name". An entry without any name is not repeated. All
// other members of the index stay. Throws kUsage if `there` is no index; `path` is for the message.
Json merged_index(Json there, const Json& added, const std::string& path);

}  // namespace cairn::output::internal
