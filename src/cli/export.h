// SPDX-License-Identifier: Apache-2.0
//
// What becomes of a build's result: one exporter per --output.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "cli/session.h"
#include "output/compose.h"
#include "output/output_spec.h"

namespace cairn::cli {

// What was built for one platform.
struct PlatformResult {
  oci::Platform platform;  // that was asked for
  output::ComposedImage image;
  std::string root_snapshot;
  std::optional<Timestamp> epoch;
};

struct ExportRequest {
  std::vector<PlatformResult> results;  // at least one
  bool several = false;                 // images make an index, trees a directory for each
  std::vector<oci::Reference> names;
};

struct Exported {
  Digest id;      // of the image; of the index where an output made one
  Json metadata;  // what --metadata-file says
};

// Keeps the images in the store when an output asks for one, and writes the others.
Exported export_build(Session& session, const ExportRequest& request,
                      const std::vector<output::OutputSpec>& outputs);

}  // namespace cairn::cli
