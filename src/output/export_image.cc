// SPDX-License-Identifier: Apache-2.0
//
// Every output of an image starts from an image in the store: its config is a blob there, and its
// layers are views of snapshots. An archive or a push then asks for the manifest, which makes the
// blobs. The reported lines are BuildKit's.
#include "output/internal/export_image.h"

#include <fmt/format.h>

#include "base/text.h"
#include "output/internal/report.h"

namespace cairn::output::internal {
namespace {

std::string join_names(const std::vector<oci::Reference>& names) {
  std::vector<std::string> texts;
  for (const oci::Reference& name : names) texts.push_back(name.str());
  return join(texts, ",");
}

// The images of all platforms, for a name that stands for several.
std::vector<store::ListedImage> listed_images(const ExportRequest& request) {
  std::vector<store::ListedImage> images;
  if (!request.several) return images;
  for (const PlatformResult& result : request.results) {
    images.push_back({.platform = result.platform.normalised(), .id = result.image.id});
  }
  return images;
}

// Several platforms give one name to several images: say which of them each command takes.
void warn_of_meaning(const ExportRequest& request, const ExportServices& services,
                     const std::string& names) {
  services.progress.sink().send(progress::Warning{
      .vertex = {},
      .message = fmt::format("{} means {} images in this store: a push sends all of them, and "
                             "run and inspect take the one for {}",
                             names, request.results.size(), main_result(request).platform)});
}

void describe(const oci::Descriptor& descriptor, Json& metadata) {
  metadata["containerimage.digest"] = descriptor.digest.str();
  metadata["containerimage.descriptor"] = oci::to_json(descriptor);
}

// Making the manifest makes the missing blobs, which is the slow part of an export.
ExportedImage export_result(const PlatformResult& result, const ExportServices& services,
                            const BlobOptions& blobs) {
  ExportedImage image = export_manifest(services.layers(), result.image.id, blobs);
  report(services, "exporting manifest " + image.descriptor.digest.str());
  report(services, "exporting config " + result.image.id.str());
  return image;
}

}  // namespace

std::vector<oci::Reference> names_of(const ExportRequest& request, const OutputSpec& spec) {
  std::vector<oci::Reference> names = request.names;
  names.insert(names.end(), spec.names.begin(), spec.names.end());
  return names;
}

Exported record_images(const ExportRequest& request, const ExportServices& services,
                       const std::vector<oci::Reference>& names, Exported earlier) {
  const PlatformResult& main = main_result(request);
  report(services, "exporting layers");
  for (const PlatformResult& result : request.results) {
    bool is_named = &result == &main;
    record_image(services.store, result.image, is_named ? names : std::vector<oci::Reference>());
    report(services, "writing image " + result.image.id.str());
  }
  // An empty list clears what an earlier build for several platforms left.
  services.store.images().set_list(names, listed_images(request));
  for (const oci::Reference& name : names) report(services, "naming to " + name.str());
  Exported exported = std::move(earlier);
  if (!request.several) exported.metadata["containerimage.config.digest"] = main.image.id.str();
  if (names.empty()) return exported;
  // Said once for a build, by the first output with names.
  bool was_said = exported.metadata.contains("image.name");
  if (request.results.size() > 1 && !was_said) {
    warn_of_meaning(request, services, join_names(names));
  }
  exported.metadata["image.name"] = join_names(names);
  return exported;
}

ExportedImage export_one(const ExportRequest& request, const ExportServices& services,
                         const BlobOptions& blobs, Exported& exported) {
  ExportedImage image = export_result(main_result(request), services, blobs);
  describe(image.descriptor, exported.metadata);
  return image;
}

ExportedIndex export_several(const ExportRequest& request, const ExportServices& services,
                             const BlobOptions& blobs, Exported& exported) {
  std::vector<PlatformImage> images;
  for (const PlatformResult& result : request.results) {
    images.push_back(
        {.platform = result.platform, .image = export_result(result, services, blobs)});
  }
  ExportedIndex index = make_index(std::move(images));
  report(services, "exporting manifest list " + index.descriptor.digest.str());
  describe(index.descriptor, exported.metadata);
  exported.id = index.descriptor.digest;
  return index;
}

}  // namespace cairn::output::internal
