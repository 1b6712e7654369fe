// SPDX-License-Identifier: Apache-2.0
//
// The value of --output: "DIR", "-" or "type=oci,dest=FILE,...".
#pragma once

#include <span>
#include <string_view>

#include "output/exporters.h"
#include "output/output_spec.h"

namespace cairn::output {

// `types` lists the possible values of type=. Throws kUsage for anything unknown, missing or
// contradictory.
OutputSpec parse_output_spec(std::string_view text,
                             std::span<const ExporterType> types = exporters());

}  // namespace cairn::output
