#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "native/base/result.h"
#include "native/bundle/object_ref.h"

namespace sightline {

// One detected box of an image.
struct DetectionRecord {
  uint16_t class_id = 0;  // position in Root::class_names
  float confidence = 0;   // [0, 1], kept to 1/65535
  std::array<float, 4> box_xyxy_px = {};

  bool operator==(const DetectionRecord&) const = default;
};

// Where the WebP of a thumbnail lies: bytes [offset, offset + byte_count) of its object.
struct ThumbnailRecord {
  ObjectRef ref;
  uint32_t offset = 0;
  uint32_t byte_count = 0;
  uint16_t width_px = 0;
  uint16_t height_px = 0;

  bool operator==(const ThumbnailRecord&) const = default;
};

// What people see of an image.
struct ImageRecord {
  std::string image_id;
  uint16_t dataset = 0;  // position in Root::datasets
  std::string sequence;
  std::string camera;
  std::string path;       // below the dataset's root, '/' between parts
  std::string media_url;  // empty: the dataset's media_base_url and the path
  uint32_t width_px = 0;
  uint32_t height_px = 0;
  std::optional<double> timestamp_s;  // Unix time
  std::optional<double> latitude_deg;
  std::optional<double> longitude_deg;
  std::optional<ThumbnailRecord> thumbnail;
  std::vector<DetectionRecord> detections;

  bool operator==(const ImageRecord&) const = default;
};

// The payload of one piece of records (FORMAT.md, section 7), and back.
std::vector<uint8_t> write_records_piece(std::span<const ImageRecord> records);
Result<std::vector<ImageRecord>> parse_records_piece(std::span<const uint8_t> payload);

}  // namespace sightline
