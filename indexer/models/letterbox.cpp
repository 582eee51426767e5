#include "indexer/models/letterbox.h"

#include <algorithm>
#include <cmath>

namespace sightline {
namespace {

constexpr float kPadding = 114;

struct Tap {
  uint32_t first = 0, second = 0;
  float weight = 0;  // of the second
};

std::vector<Tap> taps(uint32_t from_px, uint32_t to_px) {
  std::vector<Tap> result(to_px);
  const float step = static_cast<float>(from_px) / static_cast<float>(to_px);
  for (uint32_t i = 0; i < to_px; ++i) {
    const float centre = (static_cast<float>(i) + 0.5f) * step - 0.5f;
    const float at = std::clamp(centre, 0.0f, static_cast<float>(from_px - 1));
    const auto first = static_cast<uint32_t>(at);
    result[i] = {first, std::min(first + 1, from_px - 1), at - static_cast<float>(first)};
  }
  return result;
}

uint32_t fitted(uint32_t side_px, float scale) {
  return std::max(1u, static_cast<uint32_t>(std::lround(static_cast<float>(side_px) * scale)));
}

}  // namespace

Letterbox letterbox(const RgbImage& image, const LetterboxOptions& options) {
  const float scale =
      std::min(static_cast<float>(options.width_px) / static_cast<float>(image.width_px),
               static_cast<float>(options.height_px) / static_cast<float>(image.height_px));
  const uint32_t width_px = std::min(fitted(image.width_px, scale), options.width_px);
  const uint32_t height_px = std::min(fitted(image.height_px, scale), options.height_px);
  const uint32_t left_px = options.centred ? (options.width_px - width_px) / 2 : 0;
  const uint32_t top_px = options.centred ? (options.height_px - height_px) / 2 : 0;

  const size_t plane = size_t{options.width_px} * options.height_px;
  const float unit = options.pixel_max / 255;
  Letterbox box{std::vector<float>(3 * plane, kPadding * unit),
                static_cast<float>(width_px) / static_cast<float>(image.width_px),
                static_cast<float>(height_px) / static_cast<float>(image.height_px),
                static_cast<float>(left_px), static_cast<float>(top_px)};
  const auto columns = taps(image.width_px, width_px);
  const auto rows = taps(image.height_px, height_px);
  const size_t stride = size_t{image.width_px} * 3;
  for (uint32_t y = 0; y < height_px; ++y) {
    const uint8_t* upper = image.pixels.data() + rows[y].first * stride;
    const uint8_t* lower = image.pixels.data() + rows[y].second * stride;
    float* out = box.values.data() + size_t{top_px + y} * options.width_px + left_px;
    for (uint32_t x = 0; x < width_px; ++x) {
      const Tap& column = columns[x];
      for (size_t c = 0; c < 3; ++c) {
        const auto mix = [&](const uint8_t* row) {
          const float near = row[size_t{column.first} * 3 + c];
          return near +
                 (static_cast<float>(row[size_t{column.second} * 3 + c]) - near) * column.weight;
        };
        const float top = mix(upper);
        const size_t channel = options.bgr ? 2 - c : c;
        out[channel * plane + x] = (top + (mix(lower) - top) * rows[y].weight) * unit;
      }
    }
  }
  return box;
}

}  // namespace sightline
