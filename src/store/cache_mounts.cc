// SPDX-License-Identifier: Apache-2.0
//
// Directories are the truth, and rows follow: a step may be killed between making a directory and
// noting it, and older versions kept no rows. So each listing compares both first.
#include "store/cache_mounts.h"

#include <fcntl.h>

#include <map>

#include "base/sys/fd.h"
#include "store/internal/database.h"

namespace cairn::store {
namespace {

CacheMountRecord read_cache_mount(Row& row) {
  return {.name = row.text(0),
          .id = row.text(1),
          .size = row.integer(2),
          .created = {.seconds = row.integer(3)},
          .last_used = {.seconds = row.integer(4)}};
}

}  // namespace

void CacheMounts::note_use(const std::string& name, const std::string& id) {
  database_.run(
      "INSERT INTO cache_mounts (name, id, size, created, last_used) VALUES (?1, ?2, 0, ?3, ?3) "
      "ON CONFLICT (name) DO UPDATE SET id = excluded.id, size = 0, "
      "last_used = excluded.last_used",
      name, id, now().seconds);
}

void CacheMounts::reconcile() {
  std::map<std::string, std::int64_t> there;
  sys::Fd dir = sys::open_path(dir_, O_RDONLY | O_DIRECTORY);
  for (const sys::DirEntry& entry : sys::list_dir(dir)) {
    // Skip lock files, and NAME.new, which is being made.
    if (entry.name.find('.') != std::string::npos) continue;
    there.emplace(entry.name, sys::stat_at(dir, entry.name.c_str()).st_mtim.tv_sec);
  }
  auto rows =
      database_.query("SELECT name FROM cache_mounts", [](Row& row) { return row.text(0); });
  for (const std::string& name : rows) {
    if (there.erase(name) == 0) drop(name);
  }
  for (const auto& [name, time] : there) {
    database_.run(
        "INSERT OR IGNORE INTO cache_mounts (name, id, size, created, last_used) "
        "VALUES (?1, '', 0, ?2, ?2)",
        name, time);
  }
}

std::vector<CacheMountRecord> CacheMounts::list() {
  reconcile();
  return database_.query(
      "SELECT name, id, size, created, last_used FROM cache_mounts ORDER BY name",
      read_cache_mount);
}

void CacheMounts::set_size(const std::string& name, std::int64_t size) {
  database_.run("UPDATE cache_mounts SET size = ? WHERE name = ?", size, name);
}

std::optional<sys::LockFile> CacheMounts::try_own(const std::string& name) const {
  return sys::LockFile::try_lock(path(name) + ".lock");
}

bool CacheMounts::is_in_use(const std::string& name) const {
  std::string lock = path(name) + ".lock";
  // Without a lock file, no step has ever used it. Otherwise, try the lock and release it at once.
  return sys::exists(lock) && !sys::FileLock::try_lock(lock, sys::FileLock::Mode::kExclusive);
}

void CacheMounts::drop(const std::string& name) {
  database_.run("DELETE FROM cache_mounts WHERE name = ?", name);
}

}  // namespace cairn::store
