#pragma once

#include <cstdint>
#include <span>

#include "native/clip/rgb_image.h"

namespace sightline {

// The orientation tag (0x0112) of a JPEG APP1 segment that starts with "Exif\0\0": 1 to 8.
// 1, upright, where the segment is anything else or broken.
int exif_orientation(std::span<const uint8_t> app1);

// Whether an orientation exchanges width and height.
inline bool swaps_sides(int orientation) { return orientation >= 5; }

// The picture as it is meant to be seen. orientation is 1 to 8 (TIFF 6.0, "Orientation").
RgbImage upright(RgbImage image, int orientation);

}  // namespace sightline
