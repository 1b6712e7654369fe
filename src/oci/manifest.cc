// SPDX-License-Identifier: Apache-2.0
//
// A document's type is decided once, from three sources that must not contradict each other: its
// content, its mediaType, and the type by which it was served. A document that two tools could read
// in two ways is refused (CVE-2021-41190).
#include "oci/manifest.h"

#include <algorithm>

#include "base/error.h"
#include "base/foreign_text.h"
#include "base/json.h"
#include "base/text.h"
#include "oci/internal/fields.h"
#include "oci/limits.h"

namespace cairn::oci {
namespace {

Json list(const std::vector<Descriptor>& descriptors) {
  Json out = Json::array();
  for (const Descriptor& descriptor : descriptors) out.push_back(to_json(descriptor));
  return out;
}

std::vector<Descriptor> parse_list(const Json* array) {
  std::vector<Descriptor> out;
  if (array == nullptr) return out;
  for (const Json& item : *array) out.push_back(parse_descriptor(item));
  return out;
}

bool known(std::string_view type) {
  return is_manifest(type) || is_index(type);
}

// Recognised by type or version, so that the user gets a reason and not a parse error.
void refuse_schema1(const Json& json, std::string_view content_type) {
  if (!is_schema1(content_type) && json.value("schemaVersion", Json(2)) != 1) return;
  throw Error(ErrorKind::kRegistry,
              "this image is stored in Docker's schema 1 format, which was retired in 2019")
      .with_hint("push it again with a current tool, or copy it with skopeo");
}

// The media type of the document. Throws when its sources disagree.
std::string agreed_type(const Json& json, std::string_view content_type) {
  Fields fields(json, "manifest");
  bool has_layers = json.contains("layers") || json.contains("config");
  bool has_manifests = json.contains("manifests");
  if (has_layers && has_manifests) {
    throw Error(ErrorKind::kCorrupt, "this document is a manifest and an index at once: refused");
  }
  if (!has_layers && !has_manifests) {
    throw Error(ErrorKind::kCorrupt, "this document is neither an image manifest nor an index");
  }
  std::string own = fields.text("mediaType");
  // Types that are no image types, such as application/json, are ignored.
  std::string given(without_parameters(content_type));
  if (!own.empty() && known(given) && own != given) {
    throw Error::of(ErrorKind::kCorrupt, "the manifest calls itself {}, the server calls it {}",
                    one_line(own), given);
  }
  std::string type = !own.empty() ? own : known(given) ? given : "";
  // OCI allows mediaType to be absent, and simple file servers send application/json: decide by
  // content.
  if (type.empty()) type = has_manifests ? kOciIndex : kOciManifest;
  if (has_manifests ? !is_index(type) : !is_manifest(type)) {
    throw Error::of(ErrorKind::kCorrupt, "the content of this manifest does not fit its type {}",
                    one_line(type));
  }
  return type;
}

Manifest manifest_from(const Json& json, std::string type) {
  Fields fields(json, "manifest");
  // Only layers may be missing, for an artifact or an empty image.
  const Json* config = fields.find_object("config");
  if (config == nullptr) throw Error(ErrorKind::kCorrupt, "manifest has no \"config\"");
  Manifest manifest{.media_type = std::move(type),
                    .config = parse_descriptor(*config),
                    .layers = parse_list(fields.find_array("layers", kMaxLayers)),
                    .annotations = fields.text_map("annotations"),
                    .artifact_type = fields.text("artifactType"),
                    .subject = std::nullopt};
  if (const Json* subject = fields.find_object("subject")) {
    manifest.subject = parse_descriptor(*subject);
  }
  return manifest;
}

Index index_from(const Json& json, std::string type) {
  Fields fields(json, "index");
  return {.media_type = std::move(type),
          .manifests = parse_list(fields.find_array("manifests", kMaxIndexEntries)),
          .annotations = fields.text_map("annotations")};
}

}  // namespace

Json to_json(const Manifest& manifest) {
  Json json{{"schemaVersion", 2},
            {"mediaType", manifest.media_type},
            {"config", to_json(manifest.config)},
            {"layers", list(manifest.layers)}};
  if (!manifest.annotations.empty()) json["annotations"] = manifest.annotations;
  if (!manifest.artifact_type.empty()) json["artifactType"] = manifest.artifact_type;
  if (manifest.subject) json["subject"] = to_json(*manifest.subject);
  return json;
}

Json to_json(const Index& index) {
  Json json{
      {"schemaVersion", 2}, {"mediaType", index.media_type}, {"manifests", list(index.manifests)}};
  if (!index.annotations.empty()) json["annotations"] = index.annotations;
  return json;
}

Document parse_document(std::string_view bytes, std::string_view content_type) {
  if (bytes.size() > kMaxManifestSize) {
    throw Error(ErrorKind::kCorrupt, "the manifest is larger than 4 MiB");
  }
  Json json = parse_json(bytes, "manifest");
  Fields fields(json, "manifest");
  refuse_schema1(json, without_parameters(content_type));
  // Both families have schemaVersion 2 (OCI image spec, manifest.md).
  if (fields.integer("schemaVersion") != 2) fields.fail("schemaVersion", "2");
  std::string type = agreed_type(json, content_type);
  if (is_index(type)) return index_from(json, type);
  return manifest_from(json, type);
}

Manifest parse_manifest(std::string_view bytes, std::string_view content_type) {
  Document document = parse_document(bytes, content_type);
  if (auto* manifest = std::get_if<Manifest>(&document)) return std::move(*manifest);
  throw Error(ErrorKind::kCorrupt, "expected an image manifest, found an index");
}

Index parse_index(std::string_view bytes, std::string_view content_type) {
  Document document = parse_document(bytes, content_type);
  if (auto* index = std::get_if<Index>(&document)) return std::move(*index);
  throw Error(ErrorKind::kCorrupt, "expected an image index, found a manifest");
}

const Descriptor& select_manifest(const Index& index, const Platform& wanted) {
  std::vector<Platform> platforms;
  std::vector<std::string> names;
  for (const Descriptor& entry : index.manifests) {
    // An entry without a platform never matches here; it is the last resort below.
    platforms.push_back(
        entry.platform.value_or(Platform{.os = "unknown", .architecture = "unknown"}));
    if (!platforms.back().unknown()) names.push_back(platforms.back().normalised().str());
  }
  if (auto found = best_match(wanted, platforms)) return index.manifests[*found];
  if (index.manifests.size() == 1 && !index.manifests[0].platform) return index.manifests[0];
  std::ranges::sort(names);
  throw Error::of(ErrorKind::kRegistry, "no match for platform {} in the image index", wanted)
      .with_hint(names.empty() ? "the index names no platform at all"
                               : "it has: " + join(names, ", "));
}

}  // namespace cairn::oci
