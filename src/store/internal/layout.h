// SPDX-License-Identifier: Apache-2.0
//
// index.json of the OCI layout, derived from the database: rewritten after each change of names,
// under a lock, so that the last writer has seen all changes. Thread-safe.
#pragma once

#include <string>

#include "base/sys/file.h"

namespace cairn::store {

class BlobStore;
class Database;
class Lease;

class Layout {
 public:
  Layout(Database& database, const BlobStore& blobs, Lease& lease, std::string oci_dir,
         std::string lock_path);

  // Creates oci-layout and an empty index.json if they are missing.
  void create() const;
  // Lists every image that has a manifest. org.opencontainers.image.ref.name is the full reference,
  // so skopeo finds it as oci:DIR:REFERENCE.
  void publish() const;

  // Keeps others from publishing. Take it before the database's write lock.
  sys::FileLock lock() const;
  void publish(const sys::FileLock& held) const;  // `held` is our lock()

 private:
  void write(const std::string& path, const std::string& text) const;

  Database& database_;
  const BlobStore& blobs_;
  Lease& lease_;
  std::string oci_dir_;
  std::string lock_path_;
};

}  // namespace cairn::store
