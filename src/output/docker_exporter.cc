// SPDX-License-Identifier: Apache-2.0
//
// type=docker: the archive that `docker load` reads. It cannot express an index, so a build for
// several platforms is refused before it starts (refuse_platforms()).
#include "base/error.h"
#include "output/archive.h"
#include "output/destination.h"
#include "output/internal/export_image.h"
#include "output/internal/exporter_factories.h"
#include "output/internal/report.h"

namespace cairn::output::internal {
namespace {

class DockerExporter final : public Exporter {
 public:
  explicit DockerExporter(const OutputSpec& spec) : spec_(spec) {}

  bool needs_namespaces() const override { return true; }

  Exported run(const ExportRequest& request, const ExportServices& services,
               Exported earlier) const override {
    CAIRN_ASSERT(!request.several, "a docker archive holds one platform");
    Exported exported = record_images(request, services, {}, std::move(earlier));
    std::vector<ArchivedImage> images = {
        {.image = export_one(request, services, spec_.blobs, exported),
         .names = names_of(request, spec_)}};
    report(services, "sending tarball");
    write_archive_file(sys::OutputFile(spec_.dest), services.umask, services.stop,
                       [&](ByteSink& out) { write_docker_archive(services.store, images, out); });
    return exported;
  }

 private:
  const OutputSpec spec_;
};

}  // namespace

std::unique_ptr<Exporter> make_docker_exporter(const OutputSpec& spec) {
  return std::make_unique<DockerExporter>(spec);
}

}  // namespace cairn::output::internal
