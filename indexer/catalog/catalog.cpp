#include "indexer/catalog/catalog.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "indexer/catalog/catalog_schema.h"

namespace sightline {
namespace {

constexpr std::chrono::seconds kCheckpointInterval{3};

// SQLite's TEXT must be UTF-8, and a path need not be; stored as they are, its bytes come back
// unchanged.
SqliteValue text(const std::string& value) { return std::string_view(value); }
SqliteValue blob(std::span<const uint8_t> bytes) { return bytes; }
SqliteValue integer(uint64_t value) { return static_cast<int64_t>(value); }

SqliteBlob bytes_of(const std::vector<uint16_t>& half) {
  return {reinterpret_cast<const uint8_t*>(half.data()), half.size() * sizeof(uint16_t)};
}

Result<Sha256Digest> digest_of(const SqliteDatabase& database, SqliteBlob bytes) {
  Sha256Digest digest;
  if (bytes.size() != digest.size()) {
    return database.damaged("a digest of " + std::to_string(bytes.size()) + " bytes, expected 32");
  }
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

Result<ViewEmbedding> view_of(const SqliteDatabase& database, const SqliteRows& row) {
  const int64_t kind = row.integer(0);
  if (kind < 0 || kind > static_cast<int64_t>(ViewKind::kCrop)) {
    return database.damaged("view kind " + std::to_string(kind));
  }
  const auto pixel = [&](int column) { return static_cast<uint32_t>(row.integer(column)); };
  ViewEmbedding result{{static_cast<ViewKind>(kind), {pixel(1), pixel(2), pixel(3), pixel(4)}}, {}};
  const SqliteBlob half = row.blob(5);
  if (half.empty() || half.size() % sizeof(uint16_t) != 0) {
    return database.damaged("an embedding of " + std::to_string(half.size()) + " bytes");
  }
  result.half.resize(half.size() / sizeof(uint16_t));
  std::memcpy(result.half.data(), half.data(), half.size());
  return result;
}

Detection detection_of(const SqliteRows& row) {
  const auto pixel = [&](int column) { return static_cast<float>(row.real(column)); };
  return {static_cast<uint32_t>(row.integer(0)),
          row.text(1),
          pixel(2),
          {pixel(3), pixel(4), pixel(5), pixel(6)}};
}

}  // namespace

Result<Catalog> Catalog::open(const std::string& path) {
  const std::string title = "the catalog " + path;
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) RETURN_IF_ERROR(make_directories(folder.string()));
  ASSIGN_OR_RETURN(FileLock lock, FileLock::acquire(path + ".lock", title));
  ASSIGN_OR_RETURN(SqliteDatabase database, SqliteDatabase::open(path, title));
  RETURN_IF_ERROR(prepare_catalog(database, title));
  return Catalog(std::move(lock), std::move(database));
}

Result<void> Catalog::write(std::string_view sql, std::initializer_list<SqliteValue> values) {
  if (!database_.in_transaction()) RETURN_IF_ERROR(database_.run("BEGIN IMMEDIATE"));
  return database_.run(sql, values);
}

Result<void> Catalog::commit() {
  if (database_.in_transaction()) RETURN_IF_ERROR(database_.run("COMMIT"));
  if (const auto now = std::chrono::steady_clock::now();
      now - last_checkpoint_ > kCheckpointInterval) {
    database_.checkpoint();
    last_checkpoint_ = now;
  }
  return {};
}

Result<Catalog::SourceId> Catalog::upsert_source(const std::string& root,
                                                 const std::string& adapter) {
  std::error_code error;
  std::string canonical = std::filesystem::canonical(root, error).string();
  if (error) return system_error("cannot find the source " + root, error.value());
  RETURN_IF_ERROR(
      write("INSERT INTO sources (root, adapter) VALUES (?1, ?2) ON CONFLICT (root) DO UPDATE SET "
            "adapter = excluded.adapter",
            {text(canonical), text(adapter)}));
  ASSIGN_OR_RETURN(
      const auto id,
      database_.query_integer("SELECT source_id FROM sources WHERE root = ?1", {text(canonical)}));
  if (!id) return database_.damaged("the source " + canonical + " was not kept");
  return *id;
}

Result<int64_t> Catalog::sequence_id(SourceId source, const SourceImage& image) {
  const auto key = std::tuple(source, image.dataset, image.sequence);
  if (const auto known = sequence_ids_.find(key); known != sequence_ids_.end())
    return known->second;
  const std::initializer_list<SqliteValue> values = {source, text(image.dataset),
                                                     text(image.sequence)};
  RETURN_IF_ERROR(write(
      "INSERT OR IGNORE INTO sequences (source_id, dataset, name) VALUES (?1, ?2, ?3)", values));
  ASSIGN_OR_RETURN(const auto id,
                   database_.query_integer("SELECT sequence_id FROM sequences "
                                           "WHERE source_id = ?1 AND dataset = ?2 AND name = ?3",
                                           values));
  if (!id) return database_.damaged("the sequence " + image.sequence + " was not kept");
  sequence_ids_.emplace(key, *id);
  return *id;
}

Result<std::optional<Sha256Digest>> Catalog::known_content(SourceId source,
                                                           const SourceImage& image,
                                                           const FileStamp& stamp) {
  ASSIGN_OR_RETURN(
      SqliteRows rows,
      database_.query("SELECT content_sha256 FROM images WHERE source_id = ?1 AND image_id = ?2 "
                      "AND source_key = ?3 AND size_bytes = ?4 AND mtime_ns = ?5",
                      {source, text(image.image_id), text(image.source_key),
                       integer(stamp.size_bytes), stamp.mtime_ns}));
  ASSIGN_OR_RETURN(const bool found, rows.next());
  if (!found) return std::optional<Sha256Digest>();
  ASSIGN_OR_RETURN(const Sha256Digest digest, digest_of(database_, rows.blob(0)));
  return std::optional(digest);
}

Result<void> Catalog::put_image(SourceId source, const SourceImage& image, const FileStamp& stamp,
                                const Sha256Digest& content) {
  ASSIGN_OR_RETURN(const int64_t sequence, sequence_id(source, image));
  return write(
      "INSERT INTO images (source_id, image_id, sequence_id, camera, source_key, size_bytes, "
      "mtime_ns, "
      "  content_sha256, timestamp_s, latitude_deg, longitude_deg) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "
      "ON CONFLICT (source_id, image_id) DO UPDATE SET "
      "  (sequence_id, camera, source_key, size_bytes, mtime_ns, content_sha256, timestamp_s, "
      "latitude_deg, "
      "   longitude_deg) = (?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "
      "WHERE (sequence_id, camera, source_key, size_bytes, mtime_ns, content_sha256) IS NOT (?3, "
      "?4, ?5, ?6, ?7, ?8) "
      "  OR (timestamp_s, latitude_deg, longitude_deg) IS NOT (?9, ?10, ?11)",
      {source, text(image.image_id), sequence, text(image.camera), text(image.source_key),
       integer(stamp.size_bytes), stamp.mtime_ns, blob(content), sqlite_value(image.timestamp_s),
       sqlite_value(image.latitude_deg), sqlite_value(image.longitude_deg)});
}

Result<size_t> Catalog::keep_images(SourceId source, std::span<const SourceImage> images) {
  std::vector<std::string> gone;
  {
    ASSIGN_OR_RETURN(
        SqliteRows rows,
        database_.query("SELECT image_id FROM images WHERE source_id = ?1 ORDER BY image_id",
                        {source}));
    auto kept = images.begin();
    while (true) {
      ASSIGN_OR_RETURN(const bool more, rows.next());
      if (!more) break;
      std::string image_id = rows.text(0);
      while (kept != images.end() && kept->image_id < image_id) ++kept;
      if (kept == images.end() || kept->image_id != image_id) gone.push_back(std::move(image_id));
    }
  }
  for (const std::string& image_id : gone) {
    RETURN_IF_ERROR(write("DELETE FROM images WHERE source_id = ?1 AND image_id = ?2",
                          {source, text(image_id)}));
  }
  return gone.size();
}

Result<int64_t> Catalog::work_key_id(const WorkKey& key) {
  if (last_work_key_ && last_work_key_->first == key) return last_work_key_->second;
  const std::initializer_list<SqliteValue> values = {blob(key.model), blob(key.detector),
                                                     text(key.options)};
  RETURN_IF_ERROR(
      write("INSERT OR IGNORE INTO work_keys (model_sha256, detector_sha256, options) VALUES (?1, "
            "?2, ?3)",
            values));
  ASSIGN_OR_RETURN(
      const auto id,
      database_.query_integer("SELECT work_key_id FROM work_keys "
                              "WHERE model_sha256 = ?1 AND detector_sha256 = ?2 AND options = ?3",
                              values));
  if (!id) return database_.damaged("the work key " + key.options + " was not kept");
  last_work_key_.emplace(key, *id);
  return *id;
}

Result<WorkState> Catalog::work_state(const Sha256Digest& content, const WorkKey& key) {
  ASSIGN_OR_RETURN(const int64_t key_id, work_key_id(key));
  ASSIGN_OR_RETURN(
      const auto state,
      database_.query_integer("SELECT NOT ?3 OR EXISTS (SELECT 1 FROM encoded_thumbnails WHERE "
                              "content_sha256 = ?1 AND longest_px = ?3 AND encoding = ?4) "
                              "FROM works WHERE content_sha256 = ?1 AND work_key_id = ?2",
                              {blob(content), key_id, integer(key.thumbnail.longest_px),
                               text(key.thumbnail.encoding)}));
  if (!state) return WorkState::kNone;
  return *state ? WorkState::kDone : WorkState::kNoThumbnail;
}

Result<void> Catalog::put_work(const ImageWork& work, const WorkKey& key) {
  for (const ViewEmbedding& view : work.views) {
    if (view.half.empty() || view.half.size() != work.views.front().half.size()) {
      return invalid_argument("embeddings of one image with " + std::to_string(view.half.size()) +
                              " and " + std::to_string(work.views.front().half.size()) +
                              " dimensions");
    }
  }
  ASSIGN_OR_RETURN(const int64_t key_id, work_key_id(key));
  const std::initializer_list<SqliteValue> identity = {blob(work.content), key_id};
  RETURN_IF_ERROR(
      write("DELETE FROM works WHERE content_sha256 = ?1 AND work_key_id = ?2", identity));
  RETURN_IF_ERROR(
      write("INSERT INTO works (content_sha256, work_key_id, width_px, height_px) VALUES (?1, ?2, "
            "?3, ?4)",
            {blob(work.content), key_id, integer(work.width_px), integer(work.height_px)}));
  ASSIGN_OR_RETURN(const auto id, database_.query_integer("SELECT last_insert_rowid()"));
  const int64_t work_id = id.value_or(0);
  for (size_t i = 0; i < work.views.size(); ++i) {
    const auto& [view, half] = work.views[i];
    const auto& box = view.box;
    RETURN_IF_ERROR(write("INSERT INTO views VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                          {work_id, integer(i), integer(static_cast<uint64_t>(view.kind)),
                           integer(box.x0), integer(box.y0), integer(box.x1), integer(box.y1)}));
    RETURN_IF_ERROR(
        write("INSERT INTO embeddings VALUES (?1, ?2, ?3)", {work_id, integer(i), bytes_of(half)}));
  }
  for (size_t i = 0; i < work.detections.size(); ++i) {
    const Detection& detection = work.detections[i];
    const auto& box = detection.box_xyxy_px;
    RETURN_IF_ERROR(write("INSERT INTO detections VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                          {work_id, integer(i), integer(detection.class_id),
                           text(detection.class_name), double{detection.confidence}, double{box[0]},
                           double{box[1]}, double{box[2]}, double{box[3]}}));
  }
  if (key.thumbnail.longest_px == 0 || work.thumbnail.empty()) return {};
  return put_thumbnail(work.content, key.thumbnail, work.thumbnail);
}

Result<std::optional<ImageWork>> Catalog::get_work(const Sha256Digest& content,
                                                   const WorkKey& key) {
  ASSIGN_OR_RETURN(const int64_t key_id, work_key_id(key));
  ImageWork work{.content = content, .views = {}, .detections = {}, .thumbnail = {}};
  int64_t work_id = 0;
  {
    ASSIGN_OR_RETURN(SqliteRows rows,
                     database_.query("SELECT work_id, width_px, height_px FROM works "
                                     "WHERE content_sha256 = ?1 AND work_key_id = ?2",
                                     {blob(content), key_id}));
    ASSIGN_OR_RETURN(const bool found, rows.next());
    if (!found) return std::optional<ImageWork>();
    work_id = rows.integer(0);
    work.width_px = static_cast<uint32_t>(rows.integer(1));
    work.height_px = static_cast<uint32_t>(rows.integer(2));
  }
  ASSIGN_OR_RETURN(SqliteRows views,
                   database_.query("SELECT kind, x0, y0, x1, y1, half FROM views "
                                   "LEFT JOIN embeddings USING (work_id, view_ordinal) "
                                   "WHERE work_id = ?1 ORDER BY view_ordinal",
                                   {work_id}));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, views.next());
    if (!more) break;
    ASSIGN_OR_RETURN(ViewEmbedding view, view_of(database_, views));
    if (!work.views.empty() && view.half.size() != work.views.front().half.size()) {
      return database_.damaged("embeddings of one image differ in dimension");
    }
    work.views.push_back(std::move(view));
  }
  ASSIGN_OR_RETURN(
      SqliteRows detections,
      database_.query("SELECT class_id, class_name, confidence, x0, y0, x1, y1 FROM detections "
                      "WHERE work_id = ?1 ORDER BY detection_ordinal",
                      {work_id}));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, detections.next());
    if (!more) break;
    work.detections.push_back(detection_of(detections));
  }
  return std::optional(std::move(work));
}

Result<void> Catalog::put_thumbnail(const Sha256Digest& content, const ThumbnailKey& key,
                                    std::span<const uint8_t> bytes) {
  return write(
      "INSERT OR REPLACE INTO encoded_thumbnails (content_sha256, longest_px, encoding, bytes) "
      "VALUES (?1, ?2, ?3, ?4)",
      {blob(content), integer(key.longest_px), text(key.encoding), blob(bytes)});
}

Result<std::optional<std::vector<uint8_t>>> Catalog::get_thumbnail(const Sha256Digest& content,
                                                                   const ThumbnailKey& key) {
  ASSIGN_OR_RETURN(
      SqliteRows rows,
      database_.query("SELECT bytes FROM encoded_thumbnails "
                      "WHERE content_sha256 = ?1 AND longest_px = ?2 AND encoding = ?3",
                      {blob(content), integer(key.longest_px), text(key.encoding)}));
  ASSIGN_OR_RETURN(const bool found, rows.next());
  if (!found) return std::optional<std::vector<uint8_t>>();
  const SqliteBlob bytes = rows.blob(0);
  return std::optional(std::vector<uint8_t>(bytes.begin(), bytes.end()));
}

Result<std::vector<int8_t>> Catalog::get_phrase_code(const Sha256Digest& model,
                                                     const std::string& phrase) {
  ASSIGN_OR_RETURN(SqliteRows rows, database_.query("SELECT code FROM phrases "
                                                    "WHERE model_sha256 = ?1 AND phrase = ?2",
                                                    {blob(model), text(phrase)}));
  ASSIGN_OR_RETURN(const bool found, rows.next());
  if (!found) return std::vector<int8_t>();
  const SqliteBlob code = rows.blob(0);
  return std::vector<int8_t>(code.begin(), code.end());
}

Result<void> Catalog::put_phrase_code(const Sha256Digest& model, const std::string& phrase,
                                      std::span<const int8_t> code) {
  const SqliteBlob bytes(reinterpret_cast<const uint8_t*>(code.data()), code.size());
  return write("INSERT OR REPLACE INTO phrases (model_sha256, phrase, code) VALUES (?1, ?2, ?3)",
               {blob(model), text(phrase), bytes});
}

Result<void> Catalog::put_error(const ItemError& error) {
  return write("INSERT INTO errors (path, stage, reason) VALUES (?1, ?2, ?3)",
               {text(error.path), text(error.stage), text(error.reason)});
}

Result<void> Catalog::clear_errors() { return write("DELETE FROM errors", {}); }

Result<std::vector<ItemError>> Catalog::errors() {
  std::vector<ItemError> errors;
  ASSIGN_OR_RETURN(SqliteRows rows,
                   database_.query("SELECT path, stage, reason FROM errors ORDER BY error_id"));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, rows.next());
    if (!more) return errors;
    errors.push_back({rows.text(0), rows.text(1), rows.text(2)});
  }
}

Result<CatalogCounts> Catalog::counts() {
  CatalogCounts counts;
  for (const auto& [table, count] : std::initializer_list<std::pair<const char*, size_t*>>{
           {"sources", &counts.sources},
           {"images", &counts.images},
           {"works", &counts.works},
           {"embeddings", &counts.embeddings},
           {"detections", &counts.detections},
           {"encoded_thumbnails", &counts.thumbnails},
           {"errors", &counts.errors}}) {
    ASSIGN_OR_RETURN(const auto rows,
                     database_.query_integer(std::string("SELECT count(*) FROM ") + table));
    *count = static_cast<size_t>(rows.value_or(0));
  }
  return counts;
}

std::string default_catalog_path(const std::string& source) {
  namespace fs = std::filesystem;
  return (fs::absolute(source).lexically_normal() / "" / "..").lexically_normal().string() +
         ".sightline/catalog.sqlite";
}

}  // namespace sightline
