// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "output/exporter.h"

namespace cairn::output::internal {

// Prints one line below the output's vertex, finished as soon as it appears.
void report(const ExportServices& services, std::string text);

}  // namespace cairn::output::internal
