#include "indexer/models/preprocessor_config.h"

#include <algorithm>

namespace sightline {
namespace {

constexpr int64_t kMaxSizePx = 4096;

int64_t side_px(const JsonValue* size) {
  if (size == nullptr) return 0;
  if (const auto side = size->as_int()) return *side;
  if (const auto side = size->int_at("shortest_edge")) return *side;
  const auto height = size->int_at("height").value_or(0);
  return height == size->int_at("width").value_or(0) ? height : 0;
}

bool read_channels(const JsonValue* values, std::array<float, 3>& channels) {
  if (values == nullptr) return true;
  if (values->items().size() != channels.size()) return false;
  for (size_t i = 0; i < channels.size(); ++i) {
    const auto value = values->items()[i].as_double();
    if (!value) return false;
    channels[i] = static_cast<float>(*value);
  }
  return true;
}

}  // namespace

Result<ImagePreprocessing> parse_preprocessor_config(const JsonValue& json) {
  ImagePreprocessing preprocessing;
  int64_t size_px = side_px(json.find("crop_size"));
  if (size_px == 0) size_px = side_px(json.find("size"));
  if (size_px <= 0 || size_px > kMaxSizePx) {
    return model_error("neither crop_size nor size gives the side of a square of 1 to " +
                       std::to_string(kMaxSizePx) + " pixels");
  }
  preprocessing.size_px = static_cast<uint32_t>(size_px);
  if (json.bool_at("do_normalize") == false) {
    preprocessing.mean = {0, 0, 0};
    preprocessing.std = {1, 1, 1};
    return preprocessing;
  }
  if (!read_channels(json.find("image_mean"), preprocessing.mean) ||
      !read_channels(json.find("image_std"), preprocessing.std) ||
      std::any_of(preprocessing.std.begin(), preprocessing.std.end(),
                  [](float value) { return !(value > 0); })) {
    return model_error("image_mean and image_std must be three numbers each, the second above 0");
  }
  return preprocessing;
}

}  // namespace sightline
