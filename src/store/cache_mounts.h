// SPDX-License-Identifier: Apache-2.0
//
// The directories of RUN --mount=type=cache: who asked for each, and when it was last used. Steps
// create and fill the directories; a row only describes one. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/sys/file.h"
#include "base/time.h"

namespace cairn::store {

class Database;

struct CacheMountRecord {
  std::string name;       // name of the directory
  std::string id;         // as the Dockerfile wrote it; empty if an older cairn made it
  std::int64_t size = 0;  // bytes on disk; 0 until measured after its last use
  Timestamp created = {};
  Timestamp last_used = {};
};

class CacheMounts {
 public:
  CacheMounts(Database& database, std::string dir) : database_(database), dir_(std::move(dir)) {}

  std::string path(const std::string& name) const { return dir_ + "/" + name; }

  // Records that a step is about to mount it. Its size becomes unknown, as the step may write.
  void note_use(const std::string& name, const std::string& id);
  std::vector<CacheMountRecord> list();  // existing directories, by name
  void set_size(const std::string& name, std::int64_t size);
  void drop(const std::string& name);  // removes the row only

  // Steps hold PATH.lock, shared or exclusively, while they use the directory. try_own() takes it
  // exclusively and removes the lock file in the end; nullopt while a step holds it.
  std::optional<sys::LockFile> try_own(const std::string& name) const;
  bool is_in_use(const std::string& name) const;

 private:
  // Adds rows for directories without one, and drops rows without a directory.
  void reconcile();

  Database& database_;
  std::string dir_;
};

}  // namespace cairn::store
