// SPDX-License-Identifier: Apache-2.0
//
// type=tar: the files as one tar. Each of several platforms has a directory in it.
#include "output/destination.h"
#include "output/internal/export_tree.h"
#include "output/internal/exporter_factories.h"
#include "output/internal/report.h"

namespace cairn::output::internal {
namespace {

class TarExporter final : public Exporter {
 public:
  explicit TarExporter(const OutputSpec& spec) : spec_(spec) {}

  bool needs_namespaces() const override { return true; }

  Exported run(const ExportRequest& request, const ExportServices& services,
               Exported earlier) const override {
    report(services, "sending tarball");
    auto write = [&](ByteSink& out) {
      if (splits_platforms(request, spec_)) {
        return write_platform_archive(services.snapshotter, trees_of(request), epoch_of(request),
                                      out);
      }
      write_tree_archive(services.snapshotter, main_result(request).root_snapshot,
                         epoch_of(request), out);
    };
    write_archive_file(sys::OutputFile(spec_.dest), services.umask, services.stop, write);
    return earlier;
  }

 private:
  const OutputSpec spec_;
};

}  // namespace

std::unique_ptr<Exporter> make_tar_exporter(const OutputSpec& spec) {
  return std::make_unique<TarExporter>(spec);
}

}  // namespace cairn::output::internal
