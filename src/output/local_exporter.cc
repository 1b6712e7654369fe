// SPDX-License-Identifier: Apache-2.0
//
// type=local: the files in a directory of the user. Each of several platforms has its own directory
// in it, or all are merged with platform-split=false.
#include "base/sys/file.h"
#include "output/internal/export_tree.h"
#include "output/internal/exporter_factories.h"
#include "output/internal/report.h"

namespace cairn::output::internal {
namespace {

class LocalExporter final : public Exporter {
 public:
  explicit LocalExporter(const OutputSpec& spec) : spec_(spec) {}

  bool needs_namespaces() const override { return true; }

  Exported run(const ExportRequest& request, const ExportServices& services,
               Exported earlier) const override {
    sys::make_dirs(spec_.dest, 0755 & ~services.umask);
    std::vector<PlatformTree> trees = trees_of(request);
    if (!splits_platforms(request, spec_)) {
      report(services, "copying files");
      merge_tree_directories(services.snapshotter, trees, epoch_of(request), spec_.dest);
      return earlier;
    }
    for (const PlatformTree& tree : trees) {
      report(services, "copying files " + tree.platform.str());
      write_tree_directory(services.snapshotter, tree.snapshot, epoch_of(request),
                           spec_.dest + "/" + platform_directory(tree.platform));
    }
    return earlier;
  }

 private:
  const OutputSpec spec_;
};

}  // namespace

std::unique_ptr<Exporter> make_local_exporter(const OutputSpec& spec) {
  return std::make_unique<LocalExporter>(spec);
}

}  // namespace cairn::output::internal
