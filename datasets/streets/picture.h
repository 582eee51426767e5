#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "datasets/streets/vec3.h"

namespace sightline {

/// [height, width] linear light, row-major.
struct Canvas {
  int width = 0, height = 0;
  float scale = 1;  ///< canvas pixels per frame pixel
  std::vector<Rgb> light;

  Rgb& at(int x, int y) {
    return light[static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)];
  }
  const Rgb& at(int x, int y) const {
    return light[static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)];
  }
};

/// 8-bit sRGB, [height, width, 3].
std::vector<uint8_t> develop(const Canvas& canvas, float exposure);

/// Encoded bytes; empty when the encoder failed.
std::vector<uint8_t> encode_jpeg(const std::vector<uint8_t>& rgb, int width, int height,
                                 int quality);
std::vector<uint8_t> encode_png(const std::vector<uint8_t>& rgb, int width, int height);

}  // namespace sightline
