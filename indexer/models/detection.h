#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace sightline {

// One box a detector found in one image.
struct Detection {
  uint32_t class_id = 0;
  std::string class_name;
  float confidence = 0;  // the detector's own, in [0, 1]
  // x0, y0, x1, y1 in pixels of the original image (after EXIF orientation), half-open.
  std::array<float, 4> box_xyxy_px = {};

  bool operator==(const Detection&) const = default;
};

}  // namespace sightline
