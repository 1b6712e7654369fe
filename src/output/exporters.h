// SPDX-License-Identifier: Apache-2.0
//
// The list of outputs.
#pragma once

#include <span>
#include <string_view>

#include "output/exporter.h"

namespace cairn::output {

// Every type of output, ordered by name.
std::span<const ExporterType> exporters();

// Returns null if the name is not in the list.
const ExporterType* find_exporter(std::string_view name,
                                  std::span<const ExporterType> types = exporters());

// The entry that the spec names. Throws kBug if the spec was made from another list.
const ExporterType& exporter_of(const OutputSpec& spec,
                                std::span<const ExporterType> types = exporters());

// A spec of this type with the type's defaults.
OutputSpec spec_of(const ExporterType& type);

}  // namespace cairn::output
