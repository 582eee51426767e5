#pragma once

#include <cstdint>
#include <vector>

#include "native/clip/rgb_image.h"

namespace sightline {

struct LetterboxOptions {
  uint32_t width_px = 640;
  uint32_t height_px = 640;
  bool centred = true;  // else the picture sits at the top left
  bool bgr = false;     // order of the planes
  float pixel_max = 1;  // what 255 becomes
};

// A picture fitted into a detector's input with its aspect ratio kept, the rest grey (114).
struct Letterbox {
  std::vector<float> values;  // [3, height_px, width_px] float32, planar
  // network x = image x * scale_x + left_px, and likewise down.
  float scale_x = 1, scale_y = 1;
  float left_px = 0, top_px = 0;
};

// Bilinear without antialiasing, pixel centres at halves: as the detectors were trained.
// Requires an image with pixels.
Letterbox letterbox(const RgbImage& image, const LetterboxOptions& options);

}  // namespace sightline
