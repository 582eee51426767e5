#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "native/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sightline {

using SqliteBlob = std::span<const uint8_t>;
using SqliteValue = std::variant<std::nullptr_t, int64_t, double, std::string_view, SqliteBlob>;

inline SqliteValue sqlite_value(const std::optional<double>& value) {
  return value ? SqliteValue(*value) : SqliteValue(nullptr);
}

// The rows of a running query. At most one of the same SQL text at a time; must not outlive the
// database.
class SqliteRows {
 public:
  Result<bool> next();  // false after the last row

  // Column numbers start at 0; the current row's value, converted as SQLite does.
  int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  SqliteBlob blob(int column) const;  // valid until next()
  bool is_null(int column) const;

 private:
  friend class SqliteDatabase;
  struct Reset {
    void operator()(sqlite3_stmt* statement) const;
  };
  SqliteRows(sqlite3_stmt* statement, const std::string& title)
      : statement_(statement), title_(&title) {}

  std::unique_ptr<sqlite3_stmt, Reset> statement_;
  const std::string* title_;
};

// A SQLite database file and its prepared statements. One thread at a time.
// Errors name the file by its title ("the catalog x.sqlite"): kCorrupt for damaged files, kIo for
// the rest.
class SqliteDatabase {
 public:
  // Opens or makes the file; a busy one is waited for up to 5 s.
  static Result<SqliteDatabase> open(const std::string& path, const std::string& title);

  // values are bound to ?1, ?2, ... and copied.
  Result<SqliteRows> query(std::string_view sql, std::initializer_list<SqliteValue> values = {});
  // The first row's first column, or nothing where there is no row.
  Result<std::optional<int64_t>> query_integer(std::string_view sql,
                                               std::initializer_list<SqliteValue> values = {});
  Result<void> run(std::string_view sql, std::initializer_list<SqliteValue> values = {});
  Result<void> run_script(const char* sql);  // several statements, nothing bound

  bool in_transaction() const;
  // kCorrupt, for values that SQLite accepts and their reader does not.
  Error damaged(const std::string& what) const;
  // Moves what the write-ahead log holds into the database as far as nobody is in the way.
  void checkpoint();

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

  Error failure() const;

  // On the heap, as rows refer to it.
  std::unique_ptr<const std::string> title_;
  std::unique_ptr<sqlite3, Close> database_;
  std::map<std::string, Statement, std::less<>> statements_;
};

}  // namespace sightline
