#pragma once

#include <cstdint>

namespace sightline {

// A half-open rectangle of pixels: x0 <= x < x1, y0 <= y < y1.
struct PixelBox {
  uint32_t x0 = 0, y0 = 0, x1 = 0, y1 = 0;

  constexpr uint32_t width_px() const { return x1 - x0; }
  constexpr uint32_t height_px() const { return y1 - y0; }
  friend constexpr bool operator==(const PixelBox&, const PixelBox&) = default;
};

// What part of its image a row of the index shows. The numbers are written into bundles.
enum class ViewKind : uint8_t {
  kWhole = 0,  // the centre square, as CLIP sees a picture
  kTile = 1,   // one of the overlapping squares along the long side of a wide or tall image
  kCrop = 2,   // a square around a detected object
};

struct View {
  ViewKind kind = ViewKind::kWhole;
  PixelBox box;

  friend constexpr bool operator==(const View&, const View&) = default;
};

}  // namespace sightline
