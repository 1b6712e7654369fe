// SPDX-License-Identifier: Apache-2.0
//
// index.json of the OCI layout. It says nothing the database does not know: it is written anew from
// it after each change, under a lock, so that the last writer has seen everybody's changes.
#pragma once

#include <string>

namespace cairn::store {

class BlobStore;
class Database;

class Layout {
 public:
  Layout(Database& database, const BlobStore& blobs, std::string oci_dir, std::string lock_path);

  // Makes oci-layout and an empty index.json where they are missing.
  void create() const;
  // Names every image that has a manifest: org.opencontainers.image.ref.name is the full reference,
  // which skopeo takes as oci:DIR:REFERENCE.
  void publish() const;

 private:
  Database& database_;
  const BlobStore& blobs_;
  std::string oci_dir_;
  std::string lock_path_;
};

}  // namespace cairn::store
