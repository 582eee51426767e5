#include "indexer/catalog/catalog_schema.h"

#include <string>

namespace sightline {
namespace {

constexpr const char* kSchema = R"sql(
BEGIN IMMEDIATE;
CREATE TABLE sources (
  source_id INTEGER PRIMARY KEY,
  root TEXT NOT NULL UNIQUE,
  adapter TEXT NOT NULL
);
CREATE TABLE sequences (
  sequence_id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL REFERENCES sources,
  dataset TEXT NOT NULL,
  name TEXT NOT NULL,
  UNIQUE (source_id, dataset, name)
);
CREATE TABLE images (
  source_id INTEGER NOT NULL REFERENCES sources,
  image_id TEXT NOT NULL,
  sequence_id INTEGER NOT NULL REFERENCES sequences,
  camera TEXT NOT NULL,
  source_key TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  content_sha256 BLOB NOT NULL,
  timestamp_s REAL,
  latitude_deg REAL,
  longitude_deg REAL,
  PRIMARY KEY (source_id, image_id)
) WITHOUT ROWID;
CREATE TABLE work_keys (
  work_key_id INTEGER PRIMARY KEY,
  model_sha256 BLOB NOT NULL,
  detector_sha256 BLOB NOT NULL,
  options TEXT NOT NULL,
  UNIQUE (model_sha256, detector_sha256, options)
);
CREATE TABLE works (
  work_id INTEGER PRIMARY KEY,
  content_sha256 BLOB NOT NULL,
  work_key_id INTEGER NOT NULL REFERENCES work_keys,
  width_px INTEGER NOT NULL,
  height_px INTEGER NOT NULL,
  UNIQUE (content_sha256, work_key_id)
);
CREATE TABLE views (
  work_id INTEGER NOT NULL REFERENCES works ON DELETE CASCADE,
  view_ordinal INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  x0 INTEGER NOT NULL, y0 INTEGER NOT NULL, x1 INTEGER NOT NULL, y1 INTEGER NOT NULL,
  PRIMARY KEY (work_id, view_ordinal)
) WITHOUT ROWID;
CREATE TABLE embeddings (
  work_id INTEGER NOT NULL REFERENCES works ON DELETE CASCADE,
  view_ordinal INTEGER NOT NULL,
  half BLOB NOT NULL,
  PRIMARY KEY (work_id, view_ordinal)
) WITHOUT ROWID;
CREATE TABLE detections (
  work_id INTEGER NOT NULL REFERENCES works ON DELETE CASCADE,
  detection_ordinal INTEGER NOT NULL,
  class_id INTEGER NOT NULL,
  class_name TEXT NOT NULL,
  confidence REAL NOT NULL,
  x0 REAL NOT NULL, y0 REAL NOT NULL, x1 REAL NOT NULL, y1 REAL NOT NULL,
  PRIMARY KEY (work_id, detection_ordinal)
) WITHOUT ROWID;
CREATE TABLE errors (
  error_id INTEGER PRIMARY KEY,
  path TEXT NOT NULL,
  stage TEXT NOT NULL,
  reason TEXT NOT NULL
);
)sql";

// Came later; a program that does not know it loses nothing.
constexpr const char* kPhraseSchema = R"sql(
CREATE TABLE IF NOT EXISTS phrases (
  model_sha256 BLOB NOT NULL,
  phrase TEXT NOT NULL,
  code BLOB NOT NULL,
  PRIMARY KEY (model_sha256, phrase)
) WITHOUT ROWID;
)sql";

// The table before it did not say how its thumbnails were encoded; they are made again.
constexpr const char* kThumbnailSchema = R"sql(
DROP TABLE IF EXISTS thumbnails;
CREATE TABLE IF NOT EXISTS encoded_thumbnails (
  thumbnail_id INTEGER PRIMARY KEY,
  content_sha256 BLOB NOT NULL,
  longest_px INTEGER NOT NULL,
  encoding TEXT NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE (content_sha256, longest_px, encoding)
);
)sql";

std::string hex_text(int64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int shift = 28; shift >= 0; shift -= 4)
    text += kDigits[static_cast<size_t>(value >> shift & 15)];
  return "0x" + text;
}

}  // namespace

Result<void> prepare_catalog(SqliteDatabase& database, const std::string& title) {
  ASSIGN_OR_RETURN(const auto application, database.query_integer("PRAGMA application_id"));
  ASSIGN_OR_RETURN(const auto version, database.query_integer("PRAGMA user_version"));
  ASSIGN_OR_RETURN(const auto tables, database.query_integer("SELECT count(*) FROM sqlite_schema"));
  const bool is_empty = application == 0 && version == 0 && tables == 0;
  if (!is_empty && application != kCatalogApplicationId) {
    return unsupported(title + " is a database of another program (application_id " +
                       hex_text(application.value_or(0)) + ", expected " +
                       hex_text(kCatalogApplicationId) +
                       "); give another --catalog, or delete it if nothing needs it");
  }
  if (!is_empty && version != kCatalogVersion) {
    return unsupported(
        title + " has version " + std::to_string(version.value_or(0)) +
        ", this program reads version " + std::to_string(kCatalogVersion) +
        "; update the program, or delete the file and everything will be embedded again");
  }
  // A file system without shared memory refuses WAL and keeps the rollback journal, which is as
  // safe.
  RETURN_IF_ERROR(
      database.run_script("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA "
                          "foreign_keys = ON; PRAGMA cache_size = -32768;"));
  if (is_empty) {
    RETURN_IF_ERROR(database.run_script(
        (std::string(kSchema) + "PRAGMA application_id = " + std::to_string(kCatalogApplicationId) +
         "; PRAGMA user_version = " + std::to_string(kCatalogVersion) + "; COMMIT;")
            .c_str()));
  }
  RETURN_IF_ERROR(database.run_script(kThumbnailSchema));
  return database.run_script(kPhraseSchema);
}

}  // namespace sightline
