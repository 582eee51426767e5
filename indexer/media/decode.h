#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "native/base/result.h"
#include "native/clip/rgb_image.h"

namespace sightline {

// What one image may cost. Both are checked before anything of that size is allocated.
struct DecodeLimits {
  uint64_t max_pixels = 120'000'000;         // of the original, as its header states them
  uint64_t max_bytes = uint64_t{256} << 20;  // of the encoded file
};

struct DecodedImage {
  RgbImage pixels;  // possibly smaller than the original, see decode_image
  // Of the original after its EXIF orientation was applied, as are the pixels.
  uint32_t original_width_px = 0;
  uint32_t original_height_px = 0;
};

// Decodes JPEG, PNG, BMP or the first frame of a GIF; transparency is laid over white.
//
// min_short_side_px is what the caller needs: a JPEG is scaled down by 2, 4 or 8 while decoding as
// long as its short side stays at least that long. 0 asks for full resolution.
// Thread-safe. Errors: kCorrupt (broken or truncated: a partial picture is never returned),
// kUnsupported (another format, named where it is known), kTooLarge.
Result<DecodedImage> decode_image(std::span<const uint8_t> bytes, uint32_t min_short_side_px = 0,
                                  const DecodeLimits& limits = {});

}  // namespace sightline
