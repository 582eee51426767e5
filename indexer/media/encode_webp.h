#pragma once

#include <cstdint>
#include <vector>

#include "native/base/result.h"
#include "native/clip/rgb_image.h"

namespace sightline {

// What is kept of a picture, and how hard the encoder looks for the shortest way to say it.
struct WebpOptions {
  float quality = 75;      // 0 to 100
  int method = 4;          // 0, the fastest, to 6
  int noise_shaping = 50;  // 0 to 100: how far bits move from where details hide an error
};

// A lossy WebP (one VP8 frame, 4:2:0) of the image. The same pixels and options give the same
// bytes. Errors: kInvalidArgument for an image without pixels or beyond 16,383 pixels a side.
Result<std::vector<uint8_t>> encode_webp(const RgbImage& image, const WebpOptions& options);

}  // namespace sightline
