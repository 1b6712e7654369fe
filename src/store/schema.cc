// SPDX-License-Identifier: Apache-2.0
//
// The tables. A change of them is a new version here and a step that leads from the one before.
#include <iterator>

#include "base/error.h"
#include "store/internal/database.h"

namespace cairn::store {
namespace {

// Times are whole seconds since 1970; a clamp that never bites is the largest of them. `names.name`
// is a Reference as str() writes it. Deleting a snapshot takes all that stands on it along, and the
// cache records that name any of them.
constexpr const char* kTables = R"(
CREATE TABLE images (
  id TEXT PRIMARY KEY,
  manifest TEXT,
  created INTEGER NOT NULL,
  size INTEGER NOT NULL,
  platform TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE names (
  name TEXT PRIMARY KEY,
  image TEXT NOT NULL REFERENCES images(id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX names_of_image ON names(image);
CREATE TABLE snapshots (
  id TEXT PRIMARY KEY,
  parent TEXT REFERENCES snapshots(id) ON DELETE CASCADE,
  size INTEGER NOT NULL,
  created INTEGER NOT NULL,
  last_used INTEGER NOT NULL,
  unsynced_boot TEXT
) WITHOUT ROWID;
CREATE INDEX snapshots_of_parent ON snapshots(parent);
CREATE INDEX snapshots_unsynced ON snapshots(unsynced_boot) WHERE unsynced_boot IS NOT NULL;
CREATE TABLE layers (
  snapshot TEXT NOT NULL REFERENCES snapshots(id) ON DELETE CASCADE,
  clamp INTEGER NOT NULL,
  diff_id TEXT NOT NULL,
  PRIMARY KEY (snapshot, clamp)
) WITHOUT ROWID;
CREATE TABLE chains (
  chain TEXT NOT NULL,
  snapshot TEXT NOT NULL REFERENCES snapshots(id) ON DELETE CASCADE,
  clamp INTEGER NOT NULL,
  PRIMARY KEY (chain, snapshot)
) WITHOUT ROWID;
CREATE INDEX chains_of_snapshot ON chains(snapshot);
CREATE TABLE layer_blobs (
  diff_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  media_type TEXT NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (diff_id, digest)
) WITHOUT ROWID;
CREATE TABLE cache_records (
  key TEXT PRIMARY KEY,
  snapshot TEXT REFERENCES snapshots(id) ON DELETE CASCADE,
  inputs TEXT NOT NULL,
  created INTEGER NOT NULL,
  last_used INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX records_of_snapshot ON cache_records(snapshot);
PRAGMA user_version = 1;
)";

// A layer may span several snapshots: `base` is the one it starts from, "" for none, or "." for the
// parent, which is no id. And it has a size of its own.
constexpr const char* kSquashedLayers = R"(
ALTER TABLE chains ADD COLUMN base TEXT NOT NULL DEFAULT '.';
ALTER TABLE layers RENAME TO old_layers;
CREATE TABLE layers (
  snapshot TEXT NOT NULL REFERENCES snapshots(id) ON DELETE CASCADE,
  base TEXT NOT NULL,
  clamp INTEGER NOT NULL,
  diff_id TEXT NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (snapshot, base, clamp)
) WITHOUT ROWID;
INSERT INTO layers SELECT o.snapshot, '.', o.clamp, o.diff_id, s.size
  FROM old_layers o JOIN snapshots s ON s.id = o.snapshot;
DROP TABLE old_layers;
PRAGMA user_version = 2;
)";

// Which layers the inodes of a snapshot may come from had been cache records without a step: arrays
// of names instead of pairs. They must stay as long as the snapshot does, whatever becomes of the
// cache.
constexpr const char* kOrigins = R"(
CREATE TABLE origins (
  snapshot TEXT NOT NULL REFERENCES snapshots(id) ON DELETE CASCADE,
  origin TEXT NOT NULL,
  PRIMARY KEY (snapshot, origin)
) WITHOUT ROWID;
CREATE INDEX origins_by_origin ON origins(origin);
INSERT OR IGNORE INTO origins SELECT r.snapshot, o.value
  FROM cache_records r, json_each(r.inputs) o
  WHERE r.snapshot IS NOT NULL AND r.inputs LIKE '["%';
DELETE FROM cache_records WHERE inputs LIKE '["%';
PRAGMA user_version = 3;
)";

// What collections need to choose by, and what they leave to be known.
constexpr const char* kCollections = R"(
CREATE TABLE cache_mounts (
  name TEXT PRIMARY KEY,
  id TEXT NOT NULL,
  size INTEGER NOT NULL,
  created INTEGER NOT NULL,
  last_used INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE evictions (
  key TEXT PRIMARY KEY,
  time INTEGER NOT NULL,
  reason TEXT NOT NULL
) WITHOUT ROWID;
PRAGMA user_version = 4;
)";

// What leads to each version from the one before; the first from nothing.
constexpr const char* kSteps[] = {kTables, kSquashedLayers, kOrigins, kCollections};
constexpr std::int64_t kVersion = std::size(kSteps);

std::int64_t version_of(Database& database) {
  return *database.find("PRAGMA user_version", [](Row& row) { return row.integer(0); });
}

}  // namespace

void prepare_schema(Database& database, const std::string& path) {
  std::int64_t version = version_of(database);
  if (version < kVersion) {
    Transaction transaction(database);
    // Another process may have been first.
    for (version = version_of(database); version < kVersion; ++version) {
      database.script(kSteps[version]);
    }
    transaction.commit();
  }
  if (version > kVersion) {
    throw Error::of(ErrorKind::kHost,
                    "{} was made by a newer cairn (version {}, this one reads {})", path, version,
                    kVersion)
        .with_hint("use that cairn, or another store with --root DIR");
  }
}

}  // namespace cairn::store
