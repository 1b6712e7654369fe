// SPDX-License-Identifier: Apache-2.0
//
// A typed wrapper of SQLite: one connection, statements prepared once, errors as Error.
// Thread-safe: each call holds the connection's mutex, a Transaction or Reading holds it for its
// whole life.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::store {

// The current row of a query; columns count from 0. NULL reads as "" and 0.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
  std::string text(int column) const;
  std::int64_t integer(int column) const;
  bool null(int column) const;

 private:
  sqlite3_stmt* statement_;
};

class Database {
 public:
  // `is_read_only` writes no file at all, not even SQLite's own: for a read-only filesystem. Throws
  // kHost if the write-ahead log holds changes that only a writer can checkpoint, kCorrupt for a
  // file that is damaged or no database.
  explicit Database(const std::string& path, bool is_read_only = false);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void script(const char* sql);  // several statements, no arguments

  // Keeps other threads of this process out. Taken before the store's gate, so that a thread inside
  // the gate never waits for this mutex.
  std::unique_lock<std::recursive_mutex> hold() { return std::unique_lock(mutex_); }

  // Runs a statement and returns how many rows it changed. `sql` is a string literal: its address
  // is the key under which the prepared statement is kept.
  template <typename... Args>
  int run(const char* sql, const Args&... args) {
    std::lock_guard lock(mutex_);
    end_reading();
    Use use = prepare(sql);
    int at = 0;
    (bind(use, ++at, args), ...);
    while (step(use)) {
    }
    return sqlite3_changes(handle_);
  }

  // Calls read(row) for each row; `read` must not use the database.
  template <typename Read, typename... Args>
  auto query(const char* sql, Read read, const Args&... args) {
    std::vector<decltype(read(std::declval<Row&>()))> out;
    std::lock_guard lock(mutex_);
    Use use = prepare(sql);
    int at = 0;
    (bind(use, ++at, args), ...);
    for (Row row(use.statement); step(use);) out.push_back(read(row));
    return out;
  }

  template <typename Read, typename... Args>
  auto find(const char* sql, Read read, const Args&... args) {
    auto rows = query(sql, read, args...);
    using Result = typename decltype(rows)::value_type;
    return rows.empty() ? std::optional<Result>() : std::optional<Result>(std::move(rows.front()));
  }

 private:
  friend class Transaction;
  friend class Reading;
  // A prepared statement in use. Its destructor resets it, so that no read lock stays open.
  struct Use {
    sqlite3_stmt* statement;
    explicit Use(sqlite3_stmt* s) : statement(s) {}
    Use(const Use&) = delete;
    ~Use();
  };

  Use prepare(const char* sql);
  bool step(const Use& use);
  void bind(const Use& use, int at, std::string_view text);
  void bind(const Use& use, int at, const char* text) { bind(use, at, std::string_view(text)); }
  void bind(const Use& use, int at, const std::string& text) {
    bind(use, at, std::string_view(text));
  }
  void bind(const Use& use, int at, std::int64_t number);
  template <typename Value>
  void bind(const Use& use, int at, const std::optional<Value>& value) {
    if (value) bind(use, at, *value);  // unbound is NULL: prepare() clears all
  }
  [[noreturn]] void fail(int code, std::string_view doing) const;

  void end_reading();
  void open(const std::string& name, int flags);
  void begin_log();
  void close();

  std::string path_;
  bool has_log_ = false;  // WAL
  bool is_reading_ = false;
  sqlite3* handle_ = nullptr;
  std::map<const char*, sqlite3_stmt*> statements_;
  std::recursive_mutex mutex_;
};

// BEGIN IMMEDIATE: waits for the write lock here, instead of failing with SQLITE_BUSY half way.
// Rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  void commit();

 private:
  Database& database_;
  std::unique_lock<std::recursive_mutex> lock_;
  bool open_ = true;
};

// One read transaction for all lookups of its life: beginning one costs more system calls than a
// lookup. A write ends it first, so that no write starts from an old view. Does nothing inside
// another one, or without a WAL, where a reader would block writers.
class Reading {
 public:
  explicit Reading(Database& database);
  ~Reading();
  Reading(const Reading&) = delete;

 private:
  Database& database_;
  std::unique_lock<std::recursive_mutex> lock_;
  bool is_first_;
};

// Creates or upgrades the tables. Throws kHost for the database of a newer cairn, and for an old
// one that can only be read.
void prepare_schema(Database& database, const std::string& path, bool is_read_only = false);

}  // namespace cairn::store
