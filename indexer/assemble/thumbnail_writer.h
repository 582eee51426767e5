#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "indexer/bundle/bundle_writer.h"
#include "indexer/increments/bundle_tables.h"
#include "native/base/result.h"

namespace sightline {

// Puts thumbnails into shared objects of several images, and leaves those of a base where they are.
class ThumbnailWriter {
 public:
  // per_object: images that share one, fewer where they would not fit kMaxObjectBytes.
  ThumbnailWriter(size_t per_object, BundleWriter& writer, BundleTables& tables)
      : per_object_(per_object), writer_(writer), tables_(tables) {}

  // webp: as encode_webp() writes it. The image's record says where the base has its thumbnail, or
  // nothing. It stays there if it is the same and the object around it is whole.
  Result<void> add(size_t image, const std::optional<std::vector<uint8_t>>& webp);

  // Writes what waits for more images. Call after the last one.
  Result<void> finish();

 private:
  Result<bool> holds(const ThumbnailRecord& place, const std::vector<uint8_t>& webp);

  size_t per_object_;
  BundleWriter& writer_;
  BundleTables& tables_;
  std::vector<size_t> images_;  // whose thumbnails are in pack_
  std::vector<uint8_t> pack_;
  ObjectRef known_ref_;  // of the base, read last
  std::vector<uint8_t> known_;
};

// The objects that a ThumbnailWriter makes of thumbnails of these sizes; 0: an image without one.
uint64_t count_thumbnail_objects(std::span<const uint32_t> byte_counts, size_t per_object);

}  // namespace sightline
