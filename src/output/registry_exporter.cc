// SPDX-License-Identifier: Apache-2.0
//
// type=registry: an image in the store, and at the registry of each of its names. The name stays in
// the store with the digest the registry has, so a later push or save sends the same bytes.
#include "base/error.h"
#include "output/internal/export_image.h"
#include "output/internal/exporter_factories.h"
#include "output/internal/report.h"
#include "output/push.h"

namespace cairn::output::internal {
namespace {

class RegistryExporter final : public Exporter {
 public:
  explicit RegistryExporter(const OutputSpec& spec) : spec_(spec) {}

  // Makes blobs of layers, and asks a server.
  bool needs_namespaces() const override { return true; }

  Exported run(const ExportRequest& request, const ExportServices& services,
               Exported earlier) const override {
    std::vector<oci::Reference> names = names_of(request, spec_);
    Exported exported = record_images(request, services, names, std::move(earlier));
    if (names.empty()) {
      throw Error(ErrorKind::kUsage, "a push needs a name").with_hint("give one with --tag");
    }
    for (const oci::Reference& name : names) {
      if (spec_.insecure) services.hosts.allow_insecure(name.registry);
    }
    if (request.several) {
      ExportedIndex index = export_several(request, services, spec_.blobs, exported);
      push(services, names, [&](const oci::Reference& name) {
        push_index(services.client, services.store, index, name, services.progress);
        return index.descriptor.digest;
      });
    } else {
      ExportedImage image = export_one(request, services, spec_.blobs, exported);
      push(services, names, [&](const oci::Reference& name) {
        push_image(services.client, services.store, image, name, services.progress);
        return image.descriptor.digest;
      });
    }
    return exported;
  }

 private:
  // `push_to` returns the digest in the registry.
  template <typename PushTo>
  static void push(const ExportServices& services, const std::vector<oci::Reference>& names,
                   PushTo push_to) {
    for (const oci::Reference& name : names) {
      report(services, "pushing manifest for " + name.str());
      Digest digest = push_to(name);
      services.store.images().set_digest(name, digest);
    }
  }

  const OutputSpec spec_;
};

}  // namespace

std::unique_ptr<Exporter> make_registry_exporter(const OutputSpec& spec) {
  return std::make_unique<RegistryExporter>(spec);
}

}  // namespace cairn::output::internal
