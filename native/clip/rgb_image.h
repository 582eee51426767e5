#pragma once

#include <cstdint>
#include <vector>

namespace sightline {

struct RgbImage {
  uint32_t width_px = 0;
  uint32_t height_px = 0;
  std::vector<uint8_t> pixels;  // [height_px, width_px, 3] uint8, row-major, R G B
};

}  // namespace sightline
