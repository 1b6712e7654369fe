// SPDX-License-Identifier: Apache-2.0
//
// The tables. A change is a new version: a script that leads from the version before, so that any
// old store is upgraded step by step, in one transaction. PRAGMA user_version holds the version.
#include <iterator>

#include "base/error.h"
#include "store/internal/database.h"

namespace cairn::store {
namespace {

// Times are whole seconds since 1970; "no clamp" is the largest of them. `names.name` is a
// Reference as str() writes it. Deleting a snapshot also deletes the snapshots on top of it and
// their cache records.
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

// A layer may span several snapshots: `base` is the snapshot it starts from, "" for none, or "."
// for the parent ("." is no valid id). Layers get a size of their own.
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

// Origins, the layers that a snapshot's inodes may come from, used to be cache records without a
// step: arrays of names instead of pairs. They must live as long as the snapshot, not as long as
// the cache.
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

// What a collection chooses by, and what it leaves for explanations.
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

// Collections now run beside other processes, protected by the leases in tmp/. A cairn that does
// not know leases would delete data in use, so it must not open this store.
constexpr const char* kLeases = "PRAGMA user_version = 5;";

// Which repositories have a blob, so that a push to another repository of the same registry can
// mount it instead of uploading.
constexpr const char* kBlobPlaces = R"(
CREATE TABLE blob_places (
  digest TEXT NOT NULL,
  registry TEXT NOT NULL,
  repository TEXT NOT NULL,
  PRIMARY KEY (digest, registry, repository)
) WITHOUT ROWID;
PRAGMA user_version = 6;
)";

// A name has its own digest, and may mean a list: one image per platform (`position` is its place).
// `came` is 1 for a manifest that came with the image, 0 for one made here, NULL if unknown; `base`
// is the manifest of the image that the first layers are from. `made` numbers the blobs of a layer
// that were made here, and is 0 for one that came.
constexpr const char* kLists = R"(
ALTER TABLE names ADD COLUMN digest TEXT;
CREATE INDEX names_by_digest ON names(digest) WHERE digest IS NOT NULL;
CREATE TABLE listed_images (
  name TEXT NOT NULL REFERENCES names(name) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  platform TEXT NOT NULL,
  image TEXT NOT NULL REFERENCES images(id) ON DELETE CASCADE,
  PRIMARY KEY (name, position)
) WITHOUT ROWID;
CREATE INDEX lists_of_image ON listed_images(image);
ALTER TABLE images ADD COLUMN came INTEGER;
ALTER TABLE images ADD COLUMN base TEXT;
ALTER TABLE layer_blobs ADD COLUMN made INTEGER NOT NULL DEFAULT 0;
PRAGMA user_version = 7;
)";

// The script that leads to each version from the one before.
constexpr const char* kSteps[] = {kTables, kSquashedLayers, kOrigins, kCollections,
                                  kLeases, kBlobPlaces,     kLists};
// The last version that changed a table needed for listing: an older database cannot be read
// without upgrading it.
constexpr std::int64_t kReadable = 7;
constexpr std::int64_t kVersion = std::size(kSteps);

std::int64_t version_of(Database& database) {
  return *database.find("PRAGMA user_version", [](Row& row) { return row.integer(0); });
}

}  // namespace

void prepare_schema(Database& database, const std::string& path, bool is_read_only) {
  std::int64_t version = version_of(database);
  if (is_read_only && version < kReadable) {
    throw Error::of(ErrorKind::kHost,
                    "{} was made by an older cairn, and cannot be brought up to date on a "
                    "read-only filesystem",
                    path)
        .with_hint("use the store once, with any command, where it can be written to");
  }
  if (version < kVersion && !is_read_only) {
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
