// SPDX-License-Identifier: Apache-2.0
//
// Images by name and id. The id is the digest of the config, whose blob is always in the store; the
// manifest is known only while all blobs it names are there. A name is a Reference with a tag, or
// with a digest (what a registry called the image); a tag points at one image and moves. Images
// that no name points at any more stay until they are removed by id. Safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "oci/ids.h"
#include "oci/image_config.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "store/snapshot_index.h"

namespace cairn::store {

class BlobStore;
class Database;
class Layout;
class Uses;

struct Image {
  Digest id;
  std::optional<Digest> manifest = std::nullopt;
  Timestamp created = {};  // whole seconds; the config has the rest
  std::int64_t size = 0;   // of the unpacked layers
  oci::Platform platform = {};
  std::vector<oci::Reference> names = {};  // sorted; tags and digests
};

struct ImageLayer {
  oci::DiffId diff_id;
  oci::ChainId chain;
  std::optional<LayerView> view = std::nullopt;  // nothing when this layer is not unpacked
};

enum class Force { kNo, kYes };

// What a removal did, in docker's words.
struct Removed {
  std::vector<oci::Reference> untagged;
  std::optional<Digest> deleted;
};

class ImageStore {
 public:
  ImageStore(Database& database, const BlobStore& blobs, SnapshotIndex& snapshots,
             const Layout& layout, Uses& uses)
      : database_(database), blobs_(blobs), snapshots_(snapshots), layout_(layout), uses_(uses) {}

  // Adds or updates the image and moves its `names` to it. The config's blob must be there, and all
  // that the manifest names: kBug and kCorrupt otherwise. An update keeps a known manifest.
  void add(const Image& image);
  // kUsage when there is no such image.
  void set_manifest(const Digest& id, const Digest& manifest);
  void tag(const Digest& id, const oci::Reference& name);

  std::vector<Image> list();  // newest first
  std::optional<Image> find(const Digest& id);
  std::optional<Image> find(const oci::Reference& name);
  // By name, full id ("sha256:..." or hex) or the start of one, in docker's order. An id prefix
  // that fits several images is kUsage and names them.
  std::optional<Image> find(std::string_view name_or_id);
  Image get(std::string_view name_or_id);  // kUsage "no such image" with the nearest name

  // docker rmi: a name is taken away, and the image with its last name; an id takes all names of
  // one repository, and needs force when there are more. Data goes with the next collection.
  Removed remove(std::string_view name_or_id, Force force);
  void drop(const Digest& id);  // the rows of an image and its names, for collections only

  oci::ImageConfig config(const Digest& id) const;
  std::string config_bytes(const Digest& id) const;
  std::optional<oci::Manifest> manifest(const Image& image) const;
  // Bottom first.
  std::vector<ImageLayer> layers(const Digest& id);

 private:
  void check_manifest(const Digest& manifest, const Digest& id) const;
  void fill_names(Image& image);
  std::optional<Image> find_by_prefix(std::string_view prefix);
  void drop_names(const std::vector<oci::Reference>& names);

  Database& database_;
  const BlobStore& blobs_;
  SnapshotIndex& snapshots_;
  const Layout& layout_;
  Uses& uses_;
};

// The name under which a reference is kept: a digest makes the tag irrelevant.
std::string stored_name(const oci::Reference& reference);

}  // namespace cairn::store
