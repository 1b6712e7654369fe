// SPDX-License-Identifier: Apache-2.0
//
// The JSON of a registry: manifests, indexes and configs. What was read and is written again reads
// as the same value, for that is how an image keeps its meaning from one tool to the next.
#include "base/json.h"
#include "oci/image_config.h"
#include "oci/manifest.h"
#include "tests/fuzz/fuzz.h"

using namespace cairn;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  // Docker's schema 1 is kRegistry.
  fuzz::try_it({ErrorKind::kCorrupt, ErrorKind::kLimit, ErrorKind::kRegistry}, [&] {
    oci::Document document = oci::parse_document(text);
    std::string again = std::visit([](auto& it) { return canonical(oci::to_json(it)); }, document);
    fuzz::require(oci::parse_document(again) == document);
    if (auto* index = std::get_if<oci::Index>(&document)) {
      oci::select_manifest(*index, {.os = "linux", .architecture = "arm64"});
    }
  });
  fuzz::try_it({ErrorKind::kCorrupt, ErrorKind::kLimit}, [&] {
    oci::ImageConfig config = oci::parse_image_config(text);
    fuzz::require(oci::parse_image_config(oci::write_image_config(config)) == config);
  });
  return 0;
}
