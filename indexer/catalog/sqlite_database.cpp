#include "indexer/catalog/sqlite_database.h"

#include <sqlite3.h>

namespace sightline {
namespace {

constexpr int kBusyTimeoutMs = 5000;

Error damaged_file(const std::string& title, const std::string& what) {
  return corrupt(title + " is damaged (" + what +
                 "); delete it, everything will be embedded again");
}

Error failure_of(sqlite3* database, const std::string& title) {
  const std::string reason = database ? sqlite3_errmsg(database) : "out of memory";
  switch (database ? sqlite3_errcode(database) & 0xff : SQLITE_NOMEM) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return damaged_file(title, reason);
    case SQLITE_FULL:
      return io_error(title + ": the disk is full; free some space, what was committed is kept");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return io_error(title + " is held by another program; close that and start again");
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return io_error(title + " cannot be written (" + reason + "); check the permissions");
    case SQLITE_CANTOPEN:
      return io_error(title + " cannot be opened; it must be a file in a folder you can write to");
    default:
      return io_error(title + ": " + reason);
  }
}

int bind(sqlite3_stmt* statement, int index, const SqliteValue& value) {
  struct Binder {
    sqlite3_stmt* statement;
    int index;
    int operator()(std::nullptr_t) const { return sqlite3_bind_null(statement, index); }
    int operator()(int64_t value) const { return sqlite3_bind_int64(statement, index, value); }
    int operator()(double value) const { return sqlite3_bind_double(statement, index, value); }
    int operator()(std::string_view value) const {
      return sqlite3_bind_text64(statement, index, value.data() ? value.data() : "", value.size(),
                                 SQLITE_TRANSIENT, SQLITE_UTF8);
    }
    int operator()(SqliteBlob value) const {
      if (value.empty()) return sqlite3_bind_zeroblob(statement, index, 0);
      return sqlite3_bind_blob64(statement, index, value.data(), value.size(), SQLITE_TRANSIENT);
    }
  };
  return std::visit(Binder{statement, index}, value);
}

}  // namespace

void SqliteRows::Reset::operator()(sqlite3_stmt* statement) const {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
}

Result<bool> SqliteRows::next() {
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return failure_of(sqlite3_db_handle(statement_.get()), *title_);
  }
}

int64_t SqliteRows::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
double SqliteRows::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}
bool SqliteRows::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::string SqliteRows::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (!bytes) return {};
  return {bytes, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

SqliteBlob SqliteRows::blob(int column) const {
  const auto* bytes = static_cast<const uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  return {bytes, bytes ? static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column)) : 0};
}

void SqliteDatabase::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }
void SqliteDatabase::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Result<SqliteDatabase> SqliteDatabase::open(const std::string& path, const std::string& title) {
  SqliteDatabase result;
  result.title_ = std::make_unique<const std::string>(title);
  sqlite3* database = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int status = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  result.database_.reset(database);
  if (status != SQLITE_OK) return result.failure();
  sqlite3_busy_timeout(database, kBusyTimeoutMs);
  return result;
}

Result<SqliteRows> SqliteDatabase::query(std::string_view sql,
                                         std::initializer_list<SqliteValue> values) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    sqlite3_stmt* statement = nullptr;
    const int status = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (status != SQLITE_OK) return failure();
    found = statements_.emplace(sql, Statement(statement)).first;
  }
  SqliteRows rows(found->second.get(), *title_);
  int index = 0;
  for (const SqliteValue& value : values) {
    if (bind(found->second.get(), ++index, value) != SQLITE_OK) return failure();
  }
  return rows;
}

Result<std::optional<int64_t>> SqliteDatabase::query_integer(
    std::string_view sql, std::initializer_list<SqliteValue> values) {
  ASSIGN_OR_RETURN(SqliteRows rows, query(sql, values));
  ASSIGN_OR_RETURN(const bool found, rows.next());
  return found && !rows.is_null(0) ? std::optional<int64_t>(rows.integer(0)) : std::nullopt;
}

Result<void> SqliteDatabase::run(std::string_view sql, std::initializer_list<SqliteValue> values) {
  ASSIGN_OR_RETURN(SqliteRows rows, query(sql, values));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, rows.next());
    if (!more) return {};
  }
}

Result<void> SqliteDatabase::run_script(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure();
  return {};
}

bool SqliteDatabase::in_transaction() const { return sqlite3_get_autocommit(database_.get()) == 0; }

void SqliteDatabase::checkpoint() {
  sqlite3_wal_checkpoint_v2(database_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

Error SqliteDatabase::damaged(const std::string& what) const { return damaged_file(*title_, what); }

Error SqliteDatabase::failure() const { return failure_of(database_.get(), *title_); }

}  // namespace sightline
