// SPDX-License-Identifier: Apache-2.0
//
// SQLite in typed dress: one connection, statements prepared once, errors as Error. Safe from any
// thread: each call holds the connection's mutex, a Transaction holds it for its whole life.
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
  explicit Database(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void script(const char* sql);  // several statements, no arguments

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

  // read(row) for each row; it must not call the database.
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
  // A prepared statement in use; resets it at the end of the scope, so that no read lock lingers.
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

  std::string path_;
  bool is_reading_ = false;
  sqlite3* handle_ = nullptr;
  std::map<const char*, sqlite3_stmt*> statements_;
  std::recursive_mutex mutex_;
};

// BEGIN IMMEDIATE, so that the write lock is waited for here and not met half way; rolled back
// unless committed.
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

// One view of the database for all look-ups of its life, instead of one each: beginning a view
// costs more system calls than a look-up. What writes ends it first, so that a write never starts
// from an old view. Nothing inside another one.
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

// Brings the tables of a new or older database up to date; refuses one of a newer cairn (kHost).
void prepare_schema(Database& database, const std::string& path);

}  // namespace cairn::store
