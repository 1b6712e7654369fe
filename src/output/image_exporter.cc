// SPDX-License-Identifier: Apache-2.0
//
// type=image: an image in the store under its names. No layer is read: diffIDs are known by now,
// and blobs are made only when needed. push=true makes it a type=registry.
#include "output/internal/export_image.h"
#include "output/internal/exporter_factories.h"

namespace cairn::output::internal {
namespace {

class ImageExporter final : public Exporter {
 public:
  explicit ImageExporter(const OutputSpec& spec) : spec_(spec) {}

  bool needs_namespaces() const override { return false; }

  Exported run(const ExportRequest& request, const ExportServices& services,
               Exported earlier) const override {
    return record_images(request, services, names_of(request, spec_), std::move(earlier));
  }

 private:
  const OutputSpec spec_;
};

}  // namespace

std::unique_ptr<Exporter> make_image_exporter(const OutputSpec& spec) {
  if (spec.push) return make_registry_exporter(spec);
  return std::make_unique<ImageExporter>(spec);
}

}  // namespace cairn::output::internal
