// SPDX-License-Identifier: Apache-2.0
//
// The directories of RUN --mount=type=cache: who asked for each, and when it was used last. The
// directories are made and filled by steps; a row is what is known of one. Safe from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace cairn::store {

class Database;

struct CacheMountRecord {
  std::string name;       // of the directory
  std::string id;         // as a Dockerfile wrote it; empty when an older cairn made it
  std::int64_t size = 0;  // bytes on disk; 0 until measured after its last use
  Timestamp created = {};
  Timestamp last_used = {};
};

class CacheMounts {
 public:
  CacheMounts(Database& database, std::string dir) : database_(database), dir_(std::move(dir)) {}

  std::string path(const std::string& name) const { return dir_ + "/" + name; }

  // A step is about to mount it, and may write to it.
  void note_use(const std::string& name, const std::string& id);
  std::vector<CacheMountRecord> list();  // those that are there, by name
  void set_size(const std::string& name, std::int64_t size);
  void drop(const std::string& name);  // the row

 private:
  // Rows for directories that have none, and no rows without one.
  void reconcile();

  Database& database_;
  std::string dir_;
};

}  // namespace cairn::store
