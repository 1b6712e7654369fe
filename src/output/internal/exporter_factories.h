// SPDX-License-Identifier: Apache-2.0
//
// The factories that exporters.cc lists. Each is defined in its exporter's file.
#pragma once

#include <memory>

#include "output/exporter.h"

namespace cairn::output::internal {

std::unique_ptr<Exporter> make_docker_exporter(const OutputSpec& spec);
std::unique_ptr<Exporter> make_image_exporter(const OutputSpec& spec);
std::unique_ptr<Exporter> make_local_exporter(const OutputSpec& spec);
std::unique_ptr<Exporter> make_oci_exporter(const OutputSpec& spec);
std::unique_ptr<Exporter> make_registry_exporter(const OutputSpec& spec);
std::unique_ptr<Exporter> make_tar_exporter(const OutputSpec& spec);

}  // namespace cairn::output::internal
