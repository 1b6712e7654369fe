// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <utility>

#include "base/error.h"
#include "store/internal/database.h"

namespace cairn::store {
namespace {

// Transactions here last microseconds; who waits this long waits for a process that hangs.
constexpr int kBusyMilliseconds = 60'000;

// The errno behind an error of SQLite's, or 0.
int system_error(sqlite3* handle, int code) {
  int primary = code & 0xff;
  if (primary == SQLITE_FULL) return ENOSPC;
  // The index of the WAL is made longer by writing to it, and then SQLite keeps no errno.
  if (code == SQLITE_IOERR_SHMSIZE) return ENOSPC;
  bool tells = handle != nullptr && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN);
  return tells ? sqlite3_system_errno(handle) : 0;
}

}  // namespace

std::string Row::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::int64_t Row::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

bool Row::null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Database::Database(const std::string& path) : path_(path) {
  // Pages one by one: most processes want a few, and SQLite would touch twenty to begin with.
  static const int configured = sqlite3_config(SQLITE_CONFIG_PAGECACHE, nullptr, 0, 0);
  CAIRN_ASSERT(configured == SQLITE_OK, "SQLite was used before it was configured");
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  int code = sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr);
  try {
    if (code != SQLITE_OK) fail(code, "open");
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, kBusyMilliseconds);
    // With WAL, NORMAL loses at most the newest commits in a power cut and never consistency; rows
    // whose files did not make it are dropped when met. Where WAL's shared memory is impossible
    // (network filesystems) SQLite stays with its rollback journal.
    // The log stays behind, as an empty file: a new one takes a sync of the directory.
    script(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
        "PRAGMA journal_size_limit = 0;");
    int stays = 1;
    sqlite3_file_control(handle_, "main", SQLITE_FCNTL_PERSIST_WAL, &stays);
  } catch (...) {
    sqlite3_close_v2(handle_);
    throw;
  }
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

void Database::script(const char* sql) {
  std::lock_guard lock(mutex_);
  int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, "use");
}

Database::Use::~Use() {
  sqlite3_reset(statement);
}

Database::Use Database::prepare(const char* sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr) {
    int code = sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) fail(code, "query");
  }
  CAIRN_ASSERT(!sqlite3_stmt_busy(statement), "a query may not run inside itself");
  sqlite3_clear_bindings(statement);
  return Use(statement);
}

bool Database::step(const Use& use) {
  int code = sqlite3_step(use.statement);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) fail(code, "use");
  return false;
}

void Database::bind(const Use& use, int at, std::string_view text) {
  sqlite3_bind_text64(use.statement, at, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void Database::bind(const Use& use, int at, std::int64_t number) {
  sqlite3_bind_int64(use.statement, at, number);
}

void Database::fail(int code, std::string_view doing) const {
  std::string reason = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  int primary = code & 0xff;
  bool corrupt = primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
  int system = system_error(handle_, code);
  Error error = system != 0 ? Error::from_errno(system, "{} {}: {}", doing, path_, reason)
                            : Error::of(ErrorKind::kHost, "{} {}: {}", doing, path_, reason);
  if (corrupt) {
    error.set_kind(ErrorKind::kCorrupt);
    error.set_hint(
        "the index of the store is damaged; remove it to start afresh: images that were "
        "only built are lost, pulled ones come again");
  } else if (primary == SQLITE_BUSY) {
    error.set_hint("another cairn has held the store for a minute; is one stopped or hung?");
  }
  throw error;
}

void Database::end_reading() {
  if (!std::exchange(is_reading_, false)) return;
  int code = sqlite3_exec(handle_, "COMMIT", nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, "read");
}

Reading::Reading(Database& database)
    : database_(database), lock_(database.mutex_), is_first_(!database.is_reading_) {
  if (!is_first_) return;
  int code = sqlite3_exec(database.handle_, "BEGIN", nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) database.fail(code, "read");
  database.is_reading_ = true;
}

Reading::~Reading() {
  if (!is_first_ || !std::exchange(database_.is_reading_, false)) return;
  sqlite3_exec(database_.handle_, "COMMIT", nullptr, nullptr, nullptr);  // nothing was written
}

Transaction::Transaction(Database& database) : database_(database), lock_(database.mutex_) {
  database_.run("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!open_) return;
  // A failed statement may have rolled back already; then this one fails, and that is fine.
  sqlite3_exec(database_.handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
  lock_.unlock();  // who publishes the layout takes its file lock before this one
}

}  // namespace cairn::store
