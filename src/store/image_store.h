// SPDX-License-Identifier: Apache-2.0
//
// Images by name and id. The id is the digest of the config, whose blob is always in the store; the
// manifest is known only while all blobs it names are there. A name is a Reference with a tag, or
// with a digest (as a registry knows the image); a tag points to one image and can move. An image
// without names stays until it is removed by id. Data of an image that was found or added stays
// until this process ends (internal/lease.h).
//
// A name has a digest of its own: the digest under which the registry or archive that it came from,
// or was pushed to, knows it. For a multi-platform name it is that of the index. Such a name points
// to the image for this host, or else the first; the other images stay as long as a list contains
// them. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
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
class Lease;
class SessionReferences;

struct Image {
  Digest id;
  std::optional<Digest> manifest = std::nullopt;
  Timestamp created = {};  // whole seconds; the config has the rest
  std::int64_t size = 0;   // bytes of the unpacked layers
  oci::Platform platform = {};
  std::vector<oci::Reference> names = {};  // sorted; tags and digests
  // Whether the manifest came with the image or was made here; nullopt if unknown.
  std::optional<bool> manifest_came = std::nullopt;
  // The manifest of the base image.
  std::optional<Digest> base = std::nullopt;
  std::map<std::string, Digest> digests = {};  // of the names that have one, by stored_name()
  std::vector<oci::Reference> lists = {};  // lists with it for a platform other than this host's
};

// What a name stands for, in addition to an image.
struct NamedAs {
  std::optional<Digest> digest = std::nullopt;  // of a manifest or an index
  bool is_index = false;                        // the image is one of a list; requires the digest
};

// One image of a list.
struct ListedImage {
  oci::Platform platform;
  Digest id;

  bool operator==(const ListedImage&) const = default;
};

struct ImageLayer {
  oci::DiffId diff_id;
  oci::ChainId chain;
  std::optional<LayerView> view = std::nullopt;  // nullopt if the layer is not unpacked
};

enum class Force { kNo, kYes };

// The result of a removal, in docker's terms.
struct Removed {
  std::vector<oci::Reference> untagged = {};
  std::vector<Digest> deleted = {};  // the named image first, then those of its lists
};

class ImageStore {
 public:
  ImageStore(Database& database, const BlobStore& blobs, SnapshotIndex& snapshots,
             const Layout& layout, Lease& lease, SessionReferences& uses)
      : database_(database),
        blobs_(blobs),
        snapshots_(snapshots),
        layout_(layout),
        lease_(lease),
        uses_(uses) {}

  // Adds or updates the image and moves its `names` to it. Throws kBug if the config's blob is
  // missing, kCorrupt if one that the manifest names is. An update keeps a known manifest. A name
  // that already stands for the same index gains the image for its platform.
  void add(const Image& image, const NamedAs& as = {});
  // Sets the manifest made here for an image; one that came with the image stays. Throws kUsage if
  // there is no such image.
  void set_manifest(const Digest& id, const Digest& manifest);
  // `from` is the name by which the image was found: the new name gets its digest and its list.
  void tag(const Digest& id, const oci::Reference& name,
           const std::optional<oci::Reference>& from = std::nullopt);

  // Makes the names stand for these images, which must exist, one per platform; an empty list makes
  // them plain names. Their digest becomes unknown, unless nothing changes.
  void set_list(const std::vector<oci::Reference>& names, const std::vector<ListedImage>& images);
  // The images of the name, in order; empty for a plain name.
  std::vector<ListedImage> list_of(const oci::Reference& name);
  // The digest of a name. set_digest() does nothing for an unknown name.
  std::optional<Digest> digest_of(const oci::Reference& name);
  void set_digest(const oci::Reference& name, const Digest& digest);

  std::vector<Image> list();  // newest first
  std::optional<Image> find(const Digest& id);
  // A reference with a digest also finds an image whose tag in the same repository has that digest.
  std::optional<Image> find(const oci::Reference& name);
  // The image of a list that fits the platform best; for a plain name, its image.
  std::optional<Image> find(const oci::Reference& name, const oci::Platform& wanted);
  // Finds by name, full id ("sha256:..." or hex) or the start of an id, in docker's order. Throws
  // kUsage, with the candidates, for an id prefix that fits several images.
  std::optional<Image> find(std::string_view name_or_id);
  Image get(std::string_view name_or_id);  // throws kUsage with the nearest name

  // As docker rmi. A name is removed, and with its last name the image, as well as those that only
  // its list had. An id removes all names in one repository; it needs force if there are more
  // repositories, or if a list contains the image. Data is removed by the next collection.
  Removed remove(std::string_view name_or_id, Force force);
  void drop(const Digest& id);  // rows of an image and its names; for collections only

  oci::ImageConfig config(const Digest& id) const;
  std::string config_bytes(const Digest& id) const;
  std::optional<oci::Manifest> manifest(const Image& image) const;
  // Bottom first.
  std::vector<ImageLayer> layers(const Digest& id);

 private:
  void check_manifest(const Digest& manifest, const Digest& id) const;
  void fill_names(Image& image);
  std::optional<Image> find_by_prefix(std::string_view prefix);
  void point(const std::string& name, const Digest& id, const std::optional<Digest>& digest);
  void add_to_list(const std::string& name, const Image& image, const Digest& index);
  std::vector<ListedImage> list_of_row(const std::string& name);
  std::optional<std::string> find_row(const oci::Reference& name);
  std::optional<Digest> find_by_manifest(const oci::Reference& name);
  std::vector<Digest> drop_names(const Image& image, const std::vector<oci::Reference>& names);

  Database& database_;
  const BlobStore& blobs_;
  SnapshotIndex& snapshots_;
  const Layout& layout_;
  Lease& lease_;
  SessionReferences& uses_;
};

// The name under which a reference is stored: with a digest, the tag is dropped.
std::string stored_name(const oci::Reference& reference);

}  // namespace cairn::store
