#pragma once

#include <cstdint>
#include <vector>

#include "native/clip/rgb_image.h"

namespace sightline {

// A baseline 4:2:0 JPEG of the image, its Huffman tables fitted to it; quality is 1 to 100.
std::vector<uint8_t> jpeg_of_image(const RgbImage& image, int quality);

}  // namespace sightline
