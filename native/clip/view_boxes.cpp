#include "native/clip/view_boxes.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sightline {
namespace {

constexpr uint32_t kMaxTiles = 32;

// ceil((long / short - overlap) / (1 - overlap)) with an overlap of 1/4, in integers.
uint32_t tile_count(uint64_t long_px, uint64_t short_px) {
  if (4 * long_px <= 5 * short_px) return 0;
  const uint64_t count = (4 * long_px - short_px + 3 * short_px - 1) / (3 * short_px);
  return static_cast<uint32_t>(std::min<uint64_t>(count, kMaxTiles));
}

// [first, first + length) moved, and where it is too long cut, to lie in [0, size).
std::pair<uint32_t, uint32_t> fit_range(double centre, double length, uint32_t size) {
  const double whole_length = std::clamp(std::round(length), 1.0, double(size));
  const double first = std::clamp(std::round(centre - whole_length / 2), 0.0, size - whole_length);
  return {static_cast<uint32_t>(first), static_cast<uint32_t>(first + whole_length)};
}

}  // namespace

PixelBox centre_square(uint32_t width_px, uint32_t height_px) {
  const uint32_t side = std::min(width_px, height_px);
  const uint32_t x0 = (width_px - side) / 2;
  const uint32_t y0 = (height_px - side) / 2;
  return {x0, y0, x0 + side, y0 + side};
}

std::vector<View> view_boxes(uint32_t width_px, uint32_t height_px) {
  if (width_px == 0 || height_px == 0) return {};
  const PixelBox whole = centre_square(width_px, height_px);
  std::vector<View> views = {{ViewKind::kWhole, whole}};
  const uint32_t side = whole.width_px();
  const bool wide = width_px > height_px;
  const uint64_t slack = std::max(width_px, height_px) - side;
  const uint32_t count = tile_count(slack + side, side);
  for (uint32_t i = 0; i < count; ++i) {
    const auto first = static_cast<uint32_t>(i * slack / (count - 1));
    const PixelBox box =
        wide ? PixelBox{first, 0, first + side, side} : PixelBox{0, first, side, first + side};
    if (box != whole) views.push_back({ViewKind::kTile, box});
  }
  return views;
}

PixelBox crop_box(float x0, float y0, float x1, float y1, uint32_t width_px, uint32_t height_px) {
  constexpr double kMargin = 1.1;
  const auto inside = [](float value, uint32_t size) {
    return std::isfinite(value) ? std::clamp(double{value}, 0.0, double(size)) : 0.0;
  };
  const double left = inside(x0, width_px), right = inside(x1, width_px);
  const double top = inside(y0, height_px), bottom = inside(y1, height_px);
  const double side = kMargin * std::max(std::abs(right - left), std::abs(bottom - top));
  const auto [crop_x0, crop_x1] = fit_range((left + right) / 2, side, width_px);
  const auto [crop_y0, crop_y1] = fit_range((top + bottom) / 2, side, height_px);
  return {crop_x0, crop_y0, crop_x1, crop_y1};
}

PixelBox scale_view(const View& view, uint32_t from_width_px, uint32_t from_height_px,
                    uint32_t to_width_px, uint32_t to_height_px) {
  if (view.kind == ViewKind::kWhole) return centre_square(to_width_px, to_height_px);
  const double x_scale = double(to_width_px) / from_width_px;
  const double y_scale = double(to_height_px) / from_height_px;
  const PixelBox& box = view.box;
  const auto [x0, x1] =
      fit_range((double(box.x0) + box.x1) / 2 * x_scale, box.width_px() * x_scale, to_width_px);
  const auto [y0, y1] =
      fit_range((double(box.y0) + box.y1) / 2 * y_scale, box.height_px() * y_scale, to_height_px);
  return {x0, y0, x1, y1};
}

}  // namespace sightline
