// SPDX-License-Identifier: Apache-2.0
//
// Settings are chosen for short-lived processes that mostly read: WAL, so that readers and the one
// writer do not block each other; synchronous=NORMAL, as a lost row only means a cache miss; no
// page cache allocated in advance; and a WAL file that stays, empty, when the last connection
// closes.
#include <sys/stat.h>

#include <cctype>
#include <cerrno>
#include <utility>

#include "base/attempt.h"
#include "base/error.h"
#include "base/sys/scope_exit.h"
#include "store/internal/database.h"

namespace cairn::store {
namespace {

// Transactions here last microseconds. Waiting this long means that a process hangs.
constexpr int kBusyMilliseconds = 60'000;

// The errno behind an SQLite error, or 0.
int system_error(sqlite3* handle, int code) {
  int primary = code & 0xff;
  if (primary == SQLITE_FULL) return ENOSPC;
  // Growing the WAL index (-shm) failed; SQLite keeps no errno there, and it is the disk being
  // full.
  if (code == SQLITE_IOERR_SHMSIZE) return ENOSPC;
  bool tells = handle != nullptr && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN);
  return tells ? sqlite3_system_errno(handle) : 0;
}

// SQLite needs files for its locks and its shared memory, which a read-only filesystem does not
// allow. An immutable database is read without them (sqlite.org/uri.html).
std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (char c : path) {
    bool is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '/' || c == '.' ||
                    c == '-' || c == '_';
    uri += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri + "?immutable=1";
}

// immutable=1 ignores the write-ahead log, so changes in it would be missed silently.
void refuse_unread_log(const std::string& path) {
  struct stat log {};
  if (::stat((path + "-wal").c_str(), &log) < 0 || log.st_size == 0) return;
  throw Error::of(ErrorKind::kHost,
                  "{} has changes in its log that cannot be taken in on a read-only filesystem",
                  path)
      .with_hint("use the store once, with any command, where it can be written to");
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

void Database::open(const std::string& name, int flags) {
  int code = sqlite3_open_v2(name.c_str(), &handle_, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) fail(code, "open");
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, kBusyMilliseconds);
}

Database::Database(const std::string& path, bool is_read_only) : path_(path) {
  // No page cache in bulk: most processes need a few pages, and SQLite would touch twenty at the
  // start. Must come before SQLite is used (sqlite.org/c3ref/config.html).
  static const int configured = sqlite3_config(SQLITE_CONFIG_PAGECACHE, nullptr, 0, 0);
  CAIRN_ASSERT(configured == SQLITE_OK, "SQLite was used before it was configured");
  sys::ScopeExit on_failure([this] { close(); });
  if (is_read_only) {
    refuse_unread_log(path);
    open(immutable_uri(path), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
  } else {
    open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    begin_log();
    script("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 0;");
    int stays = 1;
    sqlite3_file_control(handle_, "main", SQLITE_FCNTL_PERSIST_WAL, &stays);
  }
  on_failure.release();
}

// With WAL, NORMAL loses at most the newest commits in a power cut, never consistency, and rows
// whose files were lost are dropped when met. Where WAL's shared memory is impossible (network
// filesystems), SQLite keeps its rollback journal. The log is kept, as an empty file: creating one
// costs a sync of the directory. Several processes may create the store at once, and SQLite does
// not wait by itself when the journal mode changes.
void Database::begin_log() {
  for (int left = kBusyMilliseconds;; --left) {
    std::optional<Error> failure = failure_of([&] {
      has_log_ = *find("PRAGMA journal_mode = WAL", [](Row& row) { return row.text(0) == "wal"; });
    });
    if (!failure) return;
    if ((sqlite3_errcode(handle_) & 0xff) != SQLITE_BUSY || left == 0) throw *failure;
    sqlite3_sleep(1);
  }
}

Database::~Database() {
  close();
}

void Database::close() {
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
  // Statements are shared by their text, so a query within the same query would reset it.
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
    : database_(database),
      lock_(database.mutex_),
      is_first_(database.has_log_ && !database.is_reading_) {
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
  // A failed statement may have rolled back already; then this fails, which is fine.
  sqlite3_exec(database_.handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
  lock_.unlock();  // publishing the layout locks its file first, then this
}

}  // namespace cairn::store
