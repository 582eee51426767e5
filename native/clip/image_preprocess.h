#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "native/base/view.h"
#include "native/clip/rgb_image.h"
#include "native/clip/view_boxes.h"

namespace sightline {

// What a CLIP vision tower was trained on: `preprocessor_config.json` in the Hugging Face layout.
struct ImagePreprocessing {
  uint32_t size_px = 224;
  std::array<float, 3> mean = {0.48145466f, 0.4578275f, 0.40821073f};  // R G B, of values in [0, 1]
  std::array<float, 3> std = {0.26862954f, 0.26130258f, 0.27577711f};
};

// The input of a CLIP vision tower: [3, size_px, size_px] float32, planar R G B, normalised.
//
// The box is resampled as Pillow's `resize((size, size), BICUBIC, box=box)` does it, to the bit.
// For the centre square of the image the result is that of the reference preprocessing
// (Hugging Face CLIPImageProcessor): the shortest edge resized to size_px, then the centre cropped.
// The two differ by less than half an output pixel of shift where the long side does not scale
// to a whole number of pixels.
//
// Requires image.pixels of the stated shape and a non-empty box inside the image.
std::vector<float> preprocess(const RgbImage& image, const PixelBox& box,
                              const ImagePreprocessing& preprocessing);

// Pillow's antialiased bicubic `resize((width_px, height_px), BICUBIC, box=box)`, to the bit.
// Pixels around the box take part near its edges. Same requirements as preprocess;
// width_px and height_px are not 0.
RgbImage resize(const RgbImage& image, const PixelBox& box, uint32_t width_px, uint32_t height_px);

}  // namespace sightline
