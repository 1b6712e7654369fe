// SPDX-License-Identifier: Apache-2.0
//
// What becomes of a build's result: one exporter per --output.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "base/time.h"
#include "cli/session.h"
#include "output/compose.h"
#include "output/output_spec.h"

namespace cairn::cli {

struct ExportRequest {
  const output::ComposedImage& image;
  std::string root_snapshot;
  std::vector<oci::Reference> names;
  std::optional<Timestamp> epoch;
};

// Keeps the image in the store when an output asks for one, and writes the others. Returns what
// --metadata-file says.
Json export_build(Session& session, const ExportRequest& request,
                  const std::vector<output::OutputSpec>& outputs);

}  // namespace cairn::cli
