// SPDX-License-Identifier: Apache-2.0
//
// What a name of the store stands for when it leaves: one image, or the index of several.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "output/index.h"

namespace cairn::output {

struct Named {
  std::variant<ExportedImage, ExportedIndex> what;
  // The digest of the name's index, if parts of it are missing here and `what` is a single image.
  std::optional<Digest> incomplete = std::nullopt;
};

// Looks up a name or an id. Whatever came from a registry or an archive, or went to a registry, has
// the same bytes again if its media types are wanted or kept; otherwise layers and manifests are
// made. Throws kUsage if there is no such image.
Named make_named(const LayerStore& from, const std::string& name_or_id,
                 const BlobOptions& options = {.keep_types = true});

}  // namespace cairn::output
