// SPDX-License-Identifier: Apache-2.0
//
// Works on JSON and not on oci::Index, so that unknown members of the index and of foreign
// descriptors are kept.
#include "output/internal/layout_index.h"

#include <algorithm>

#include "base/error.h"

namespace cairn::output::internal {
namespace {

constexpr const char* kFullName = "io.containerd.image.name";
constexpr const char* kRefName = "org.opencontainers.image.ref.name";

std::string annotation(const Json& descriptor, const char* key) {
  auto annotations = descriptor.find("annotations");
  if (annotations == descriptor.end() || !annotations->is_object()) return "";
  auto found = annotations->find(key);
  return found != annotations->end() && found->is_string() ? found->get<std::string>() : "";
}

bool takes_the_place_of(const Json& added, const Json& old) {
  std::string name = annotation(old, kFullName), tag = annotation(old, kRefName);
  // The full name decides where there is one: a tag alone, such as "latest", says too little.
  if (!name.empty()) return name == annotation(added, kFullName);
  if (!tag.empty()) return tag == annotation(added, kRefName);
  return annotation(added, kFullName).empty() && annotation(added, kRefName).empty() &&
         old.value("digest", Json()) == added.value("digest", Json());
}

}  // namespace

Json merged_index(Json there, const Json& added, const std::string& path) {
  auto manifests = there.is_object() ? there.find("manifests") : there.end();
  bool is_index = there.is_object() && manifests != there.end() && manifests->is_array() &&
                  std::ranges::all_of(*manifests, [](const Json& one) { return one.is_object(); });
  if (!is_index) {
    throw Error::of(ErrorKind::kUsage, "{} is no index of an OCI layout", path)
        .with_hint("name another directory, or remove that file");
  }
  Json kept = Json::array();
  for (const Json& old : *manifests) {
    bool replaced = std::ranges::any_of(
        added, [&](const Json& descriptor) { return takes_the_place_of(descriptor, old); });
    if (!replaced) kept.push_back(old);
  }
  for (const Json& descriptor : added) kept.push_back(descriptor);
  *manifests = std::move(kept);
  return there;
}

}  // namespace cairn::output::internal
