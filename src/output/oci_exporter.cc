// SPDX-License-Identifier: Apache-2.0
//
// type=oci: an OCI layout, as one tar or, with tar=false, as a directory. The image has its names
// in the layout only; type=image is what gives it a name in the store.
#include "output/archive.h"
#include "output/destination.h"
#include "output/internal/export_image.h"
#include "output/internal/exporter_factories.h"
#include "output/internal/report.h"

namespace cairn::output::internal {
namespace {

class OciExporter final : public Exporter {
 public:
  explicit OciExporter(const OutputSpec& spec) : spec_(spec) {}

  bool needs_namespaces() const override { return true; }

  Exported run(const ExportRequest& request, const ExportServices& services,
               Exported earlier) const override {
    Exported exported = record_images(request, services, {}, std::move(earlier));
    std::vector<oci::Reference> names = names_of(request, spec_);
    if (request.several) {
      write(services,
            ArchivedIndex{.index = export_several(request, services, spec_.blobs, exported),
                          .names = std::move(names)});
    } else {
      write(services, std::vector<ArchivedImage>{
                          {.image = export_one(request, services, spec_.blobs, exported),
                           .names = std::move(names)}});
    }
    return exported;
  }

 private:
  template <typename Archived>
  void write(const ExportServices& services, const Archived& archived) const {
    if (!spec_.tar) {
      return write_oci_layout(services.store, archived, spec_.dest, services.umask);
    }
    report(services, "sending tarball");
    write_archive_file(sys::OutputFile(spec_.dest), services.umask, services.stop,
                       [&](ByteSink& out) { write_oci_archive(services.store, archived, out); });
  }

  const OutputSpec spec_;
};

}  // namespace

std::unique_ptr<Exporter> make_oci_exporter(const OutputSpec& spec) {
  return std::make_unique<OciExporter>(spec);
}

}  // namespace cairn::output::internal
