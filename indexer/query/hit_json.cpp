#include "indexer/query/hit_json.h"

#include <cmath>

namespace sightline {
namespace {

// Floats as people read them: a confidence to 4 decimals, a pixel to 2.
double rounded(float value, double steps) { return std::round(value * steps) / steps; }

const char* view_kind_name(ViewKind kind) {
  switch (kind) {
    case ViewKind::kWhole:
      return "whole";
    case ViewKind::kTile:
      return "tile";
    case ViewKind::kCrop:
      return "crop";
  }
  return "unknown";
}

JsonValue detections_json(const Root& root, const ImageRecord& record) {
  JsonValue::Array detections;
  for (const auto& detection : record.detections) {
    const bool named = detection.class_id < root.class_names.size();
    JsonValue::Array box;
    for (const float edge : detection.box_xyxy_px) box.push_back(rounded(edge, 100));
    detections.push_back(
        JsonValue{{"class_name", named ? root.class_names[detection.class_id]
                                       : "class " + std::to_string(detection.class_id)},
                  {"confidence", rounded(detection.confidence, 10000)},
                  {"box_xyxy_px", std::move(box)}});
  }
  return detections;
}

}  // namespace

JsonValue record_json(const Root& root, const ImageRecord& record) {
  const std::string url = media_url(root, record);
  const bool known_dataset = record.dataset < root.datasets.size();
  JsonValue object{{"image_id", record.image_id},
                   {"dataset", known_dataset ? root.datasets[record.dataset].slug : std::string()},
                   {"sequence", record.sequence},
                   {"camera", record.camera},
                   {"timestamp_s", record.timestamp_s},
                   {"path", record.path},
                   {"media_url", url.empty() ? JsonValue() : JsonValue(url)},
                   {"width_px", record.width_px},
                   {"height_px", record.height_px},
                   {"detections", detections_json(root, record)}};
  if (record.latitude_deg && record.longitude_deg) {
    object.set("latitude_deg", record.latitude_deg);
    object.set("longitude_deg", record.longitude_deg);
  }
  return object;
}

JsonValue hit_json(const Root& root, const Hit& hit, const ImageRecord& record) {
  JsonValue object = record_json(root, record);
  const PixelBox& box = hit.view.box;
  object.set("similarity", hit.similarity);
  object.set("view", JsonValue{{"kind", view_kind_name(hit.view.kind)},
                               {"box_xyxy_px", JsonValue::Array{box.x0, box.y0, box.x1, box.y1}}});
  return object;
}

}  // namespace sightline
