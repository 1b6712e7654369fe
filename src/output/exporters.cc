// SPDX-License-Identifier: Apache-2.0
//
// The possible values of --output type=. A new output is one file with an exporter and one entry
// here: its name, the title of its vertex, its traits, and its factory, which exporter_factories.h
// declares.
#include "output/exporters.h"

#include <algorithm>

#include "base/error.h"
#include "output/internal/exporter_factories.h"

namespace cairn::output {
namespace {

using namespace internal;
using Dest = OutputTraits::Dest;
using Platforms = OutputTraits::Platforms;

constexpr ExporterType kExporters[] = {
    {.name = "docker",
     .title = "exporting to docker image format",
     .traits = {.dest = Dest::kFile,
                .platforms = Platforms::kOne,
                .takes_blobs = true,
                .may_be_loaded = true,
                .media_types = MediaTypes::kDocker},
     .make = make_docker_exporter},
    {.name = "image", .title = "exporting to image", .traits = {}, .make = make_image_exporter},
    {.name = "local",
     .title = "exporting to client directory",
     .traits = {.dest = Dest::kDirectory, .is_tree = true},
     .make = make_local_exporter},
    {.name = "oci",
     .title = "exporting to oci image format",
     .traits = {.dest = Dest::kLayout, .takes_blobs = true},
     .make = make_oci_exporter},
    {.name = "registry",
     .title = "exporting to image",
     .traits = {.pushes = true},
     .make = make_registry_exporter},
    {.name = "tar",
     .title = "exporting to client tarball",
     .traits = {.dest = Dest::kFile, .platforms = Platforms::kSideBySide, .is_tree = true},
     .make = make_tar_exporter}};

}  // namespace

std::span<const ExporterType> exporters() {
  return kExporters;
}

const ExporterType* find_exporter(std::string_view name, std::span<const ExporterType> types) {
  auto found = std::ranges::find(types, name, &ExporterType::name);
  return found == types.end() ? nullptr : &*found;
}

const ExporterType& exporter_of(const OutputSpec& spec, std::span<const ExporterType> types) {
  const ExporterType* type = find_exporter(spec.type, types);
  CAIRN_ASSERT(type != nullptr, "the spec of an output names a type of the list");
  return *type;
}

OutputSpec spec_of(const ExporterType& type) {
  OutputSpec spec;
  spec.type = type.name;
  spec.traits = type.traits;
  spec.push = type.traits.pushes;
  spec.blobs.types = type.traits.media_types;
  return spec;
}

}  // namespace cairn::output
