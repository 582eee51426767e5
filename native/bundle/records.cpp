#include "native/bundle/records.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sightline {
namespace {

constexpr size_t kMinRecordBytes = 5 * 2 + 2 + 2 * 4 + 3 * 8 + 1 + 2;
constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

void write_thumbnail(ByteWriter& writer, const ThumbnailRecord& thumbnail) {
  write_object_ref(writer, thumbnail.ref);
  writer.write(thumbnail.offset);
  writer.write(thumbnail.byte_count);
  writer.write(thumbnail.width_px);
  writer.write(thumbnail.height_px);
}

Result<ThumbnailRecord> read_thumbnail(ByteReader& reader, ObjectKind kind) {
  ThumbnailRecord thumbnail;
  ASSIGN_OR_RETURN(thumbnail.ref, read_object_ref(reader, kind));
  thumbnail.offset = reader.read<uint32_t>();
  thumbnail.byte_count = reader.read<uint32_t>();
  thumbnail.width_px = reader.read<uint16_t>();
  thumbnail.height_px = reader.read<uint16_t>();
  if (thumbnail.offset > thumbnail.ref.raw_bytes ||
      thumbnail.byte_count > thumbnail.ref.raw_bytes - thumbnail.offset) {
    return corrupt("records: a thumbnail lies outside its object");
  }
  return thumbnail;
}

std::optional<double> read_optional(ByteReader& reader) {
  const auto value = reader.read<double>();
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

Result<ImageRecord> read_record(ByteReader& reader) {
  ImageRecord record;
  record.image_id = reader.read_string();
  record.dataset = reader.read<uint16_t>();
  record.sequence = reader.read_string();
  record.camera = reader.read_string();
  record.path = reader.read_string();
  record.media_url = reader.read_string();
  record.width_px = reader.read<uint32_t>();
  record.height_px = reader.read<uint32_t>();
  record.timestamp_s = read_optional(reader);
  record.latitude_deg = read_optional(reader);
  record.longitude_deg = read_optional(reader);
  const auto thumbnail_kind = static_cast<ObjectKind>(reader.read<uint8_t>());
  if (thumbnail_kind == ObjectKind::kThumbnail || thumbnail_kind == ObjectKind::kThumbnailPack) {
    ASSIGN_OR_RETURN(record.thumbnail, read_thumbnail(reader, thumbnail_kind));
  } else if (thumbnail_kind != ObjectKind{0}) {
    return corrupt("records: a thumbnail of kind " +
                   std::to_string(static_cast<int>(thumbnail_kind)) + ", expected 0, 8 or 9");
  }
  const auto detection_count = reader.read<uint16_t>();
  for (uint32_t i = 0; i < detection_count && reader.ok(); ++i) {
    DetectionRecord& detection = record.detections.emplace_back();
    detection.class_id = reader.read<uint16_t>();
    detection.confidence = static_cast<float>(reader.read<uint16_t>()) / 65535.0f;
    for (float& edge : detection.box_xyxy_px) edge = reader.read<float>();
  }
  return record;
}

}  // namespace

std::vector<uint8_t> write_records_piece(std::span<const ImageRecord> records) {
  ByteWriter writer;
  writer.write(static_cast<uint32_t>(records.size()));
  for (const auto& record : records) {
    writer.write_string(record.image_id);
    writer.write(record.dataset);
    writer.write_string(record.sequence);
    writer.write_string(record.camera);
    writer.write_string(record.path);
    writer.write_string(record.media_url);
    writer.write(record.width_px);
    writer.write(record.height_px);
    writer.write(record.timestamp_s.value_or(kAbsent));
    writer.write(record.latitude_deg.value_or(kAbsent));
    writer.write(record.longitude_deg.value_or(kAbsent));
    writer.write(
        static_cast<uint8_t>(record.thumbnail ? record.thumbnail->ref.kind : ObjectKind{0}));
    if (record.thumbnail) write_thumbnail(writer, *record.thumbnail);
    const size_t detection_count = std::min<size_t>(record.detections.size(), 0xffff);
    writer.write(static_cast<uint16_t>(detection_count));
    for (size_t i = 0; i < detection_count; ++i) {
      const auto& detection = record.detections[i];
      writer.write(detection.class_id);
      writer.write(static_cast<uint16_t>(
          std::lround(std::clamp(detection.confidence, 0.0f, 1.0f) * 65535.0f)));
      writer.write_array<float>(detection.box_xyxy_px);
    }
  }
  return std::move(writer).take();
}

Result<std::vector<ImageRecord>> parse_records_piece(std::span<const uint8_t> payload) {
  ByteReader reader(payload);
  const auto count = reader.read<uint32_t>();
  if (count > reader.remaining() / kMinRecordBytes) {
    return corrupt("records: " + std::to_string(count) + " records do not fit " +
                   std::to_string(payload.size()) + " bytes");
  }
  std::vector<ImageRecord> records;
  records.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(auto record, read_record(reader));
    records.push_back(std::move(record));
  }
  if (!reader.ok()) return corrupt("records: the bytes end inside the last record");
  if (reader.remaining() > 0) {
    return corrupt("records: " + std::to_string(reader.remaining()) + " bytes follow the last one");
  }
  return records;
}

}  // namespace sightline
