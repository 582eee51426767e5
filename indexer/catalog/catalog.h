#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "indexer/base/file_io.h"
#include "indexer/base/file_lock.h"
#include "indexer/catalog/image_work.h"
#include "indexer/catalog/sqlite_database.h"
#include "indexer/sources/source_item.h"
#include "native/base/result.h"
#include "native/base/sha256.h"

namespace sightline {

enum class WorkState : uint8_t {
  kNone,         // nothing is known for these bytes and this key
  kNoThumbnail,  // embeddings and detections are there, the thumbnail of this key is not
  kDone,
};

struct CatalogCounts {
  size_t sources = 0, images = 0, works = 0, embeddings = 0, detections = 0, thumbnails = 0,
         errors = 0;
};

// The build's memory: which images its sources hold, and what has been computed from which bytes.
//
// Writes gather in a transaction that commit() ends; a process that dies loses what came after the
// last commit and nothing else. One builder at a time (a lock beside the file), one thread at a
// time. Errors of every method: kCorrupt for a damaged file, kIo for a full disk and the like,
// naming the file.
class Catalog {
 public:
  using SourceId = int64_t;

  // Opens the catalog or makes a new one, with the folders above it. Errors: another build holds it
  // (with that process's id), another program's database, a newer version (with both numbers).
  static Result<Catalog> open(const std::string& path);

  Catalog(Catalog&&) = default;
  Catalog& operator=(Catalog&&) = default;

  // Ends the transaction; after it, kill -9 loses nothing of what was put before. Every few seconds
  // it also moves the write-ahead log into the database, so that a power failure costs no more than
  // that.
  Result<void> commit();

  // The source of this root, which is made absolute; the same root is the same source for ever.
  Result<SourceId> upsert_source(const std::string& root, const std::string& adapter);
  // The digest of an image's bytes, where its file still has the size and time it had when hashed.
  Result<std::optional<Sha256Digest>> known_content(SourceId source, const SourceImage& image,
                                                    const FileStamp& stamp);
  // Records where an image is and what its bytes are; writes only what differs.
  Result<void> put_image(SourceId source, const SourceImage& image, const FileStamp& stamp,
                         const Sha256Digest& content);
  // Forgets the source's images that are not among these (in byte order of image_id) and returns
  // their number. Work done on their bytes is kept.
  Result<size_t> keep_images(SourceId source, std::span<const SourceImage> images);

  Result<WorkState> work_state(const Sha256Digest& content, const WorkKey& key);
  // Stores all of work, its thumbnail under key.thumbnail; replaces what was there.
  // Errors: kInvalidArgument where the views differ in dimension.
  Result<void> put_work(const ImageWork& work, const WorkKey& key);
  // All but the thumbnail, or nothing; whatever key.thumbnail.
  Result<std::optional<ImageWork>> get_work(const Sha256Digest& content, const WorkKey& key);
  Result<void> put_thumbnail(const Sha256Digest& content, const ThumbnailKey& key,
                             std::span<const uint8_t> bytes);
  Result<std::optional<std::vector<uint8_t>>> get_thumbnail(const Sha256Digest& content,
                                                            const ThumbnailKey& key);

  // A phrase's code for the phrase bank (encode_phrase) by the text model of that digest; empty
  // where it is not known.
  Result<std::vector<int8_t>> get_phrase_code(const Sha256Digest& model, const std::string& phrase);
  Result<void> put_phrase_code(const Sha256Digest& model, const std::string& phrase,
                               std::span<const int8_t> code);

  // The files the last build left out, in the order they were put.
  Result<void> put_error(const ItemError& error);
  Result<void> clear_errors();
  Result<std::vector<ItemError>> errors();

  Result<CatalogCounts> counts();

 private:
  Catalog(FileLock lock, SqliteDatabase database)
      : lock_(std::move(lock)), database_(std::move(database)) {}

  Result<void> write(std::string_view sql, std::initializer_list<SqliteValue> values);
  Result<int64_t> sequence_id(SourceId source, const SourceImage& image);
  Result<int64_t> work_key_id(const WorkKey& key);

  FileLock lock_;
  SqliteDatabase database_;
  std::chrono::steady_clock::time_point last_checkpoint_ = std::chrono::steady_clock::now();
  std::map<std::tuple<SourceId, std::string, std::string>, int64_t> sequence_ids_;
  std::optional<std::pair<WorkKey, int64_t>> last_work_key_;
};

// Where the catalog of a source lies if nothing else is said: .sightline/catalog.sqlite beside it.
std::string default_catalog_path(const std::string& source);

}  // namespace sightline
